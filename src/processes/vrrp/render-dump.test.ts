import assert from "node:assert/strict";
import { test } from "node:test";
import { config, instanceConfig, scriptConfig } from "../../../test/support/vrrp-config.ts";
import { run, started } from "../../../test/support/vrrp-node.ts";
import { SECOND } from "../../lib/micros.ts";
import { VrrpNode } from "../../vrrp/node.ts";
import type { VrrpSnapshot } from "./dump.ts";
import { renderDump } from "./render-dump.ts";

const INSTANCES = 120;

const part = config(
  Array.from({ length: INSTANCES }, (_, index) =>
    instanceConfig({ name: `VI_${index}`, virtualRouterId: index + 1 }),
  ),
);

/** A node of many instances that are MASTER. */
function activeNode(): VrrpNode {
  const node = started(part);
  run(node, 6 * SECOND);
  return node;
}

function answer(node: VrrpNode, counters: "keep" | "clear" = "keep"): VrrpSnapshot[] {
  const pieces = [...node.snapshotPieces(counters)];
  return pieces.map((piece) => ({ takenAt: 7 * SECOND, worstLatenessMicros: 1_250, node: piece }));
}

test("a dump of many instances is sent in pieces and written in the order of the configuration", () => {
  const node = activeNode();
  const pieces = answer(node);
  assert.ok(pieces.length > 2, String(pieces.length));
  // They arrive as plain data.
  const arrived = structuredClone(pieces);

  const { name, text } = renderDump("stats", part, arrived);
  assert.equal(name, "keepalived.stats");
  const names = [...text.matchAll(/VRRP Instance: (\S+)/g)].map(([, found]) => found);
  assert.deepEqual(
    names,
    part.instances.map((instance) => instance.name),
  );
  assert.equal(text.match(/Became master: 1\n/g)?.length, INSTANCES);

  const json = renderDump("json", part, arrived);
  assert.equal(json.name, "keepalived.json");
  assert.equal(JSON.parse(json.text).length, INSTANCES);
});

test("the state dump shows the worst lateness of the loop", () => {
  const { name, text } = renderDump("data", part, answer(activeNode()));
  assert.equal(name, "keepalived.data");
  assert.match(text, /\n------< VRRP Process >------\n Worst lateness = 0\.00125 sec\n$/);
  assert.match(text, /^------< Configuration >------\n/);
  assert.equal(text.match(/ State = MASTER\n/g)?.length, INSTANCES);
});

test("clearing writes the counters once more and then resets them", () => {
  const node = activeNode();
  const last = renderDump("statsClear", part, answer(node, "clear"));
  assert.equal(last.text.match(/Became master: 1\n/g)?.length, INSTANCES);
  const next = renderDump("stats", part, answer(node));
  assert.equal(next.text.match(/Became master: 0\n/g)?.length, INSTANCES);
});

test("the dump of a node without instances still shows its scripts", () => {
  const alone = config([], { scripts: [scriptConfig({ name: "check" })] });
  const node = new VrrpNode(alone);
  node.handle({ kind: "start", interfaces: [], records: undefined }, 0);
  const pieces = answer(node);
  assert.equal(pieces.length, 1);
  assert.match(renderDump("data", alone, pieces).text, /------< VRRP Scripts >------\n/);
});
