// The three dumps of a node in a known state, with the names that keepalived's exporters expect.

import assert from "node:assert/strict";
import { test } from "node:test";
import { actionsOf } from "../../test/support/actions.ts";
import {
  config,
  instanceConfig,
  interfaceState,
  virtualAddress,
} from "../../test/support/vrrp-config.ts";
import { run, started } from "../../test/support/vrrp-node.ts";
import type { VrrpPart } from "../config/config.ts";
import { MILLISECOND, SECOND } from "../lib/micros.ts";
import type { VrrpNode } from "../vrrp/node.ts";
import { renderData } from "./data-text.ts";
import { renderJson } from "./json.ts";
import { renderStats } from "./stats-text.ts";

/** A node that became MASTER after 3.609 s without adverts (priority 100), and has sent a few. */
function activeNode(): { node: VrrpNode; part: VrrpPart; now: number } {
  const instance = instanceConfig({
    name: "web",
    priority: 100,
    authPass: "7365637265740000",
    addresses: [virtualAddress("192.0.2.100/24")],
  });
  const part = config([instance]);
  const now = 6 * SECOND;
  const node = started(part);
  run(node, now);
  return { node, part, now };
}

test("the statistics have keepalived's layout and the engine's counters", () => {
  const { node } = activeNode();
  const text = renderStats(node.snapshot());
  const sent = node.snapshot().instances[0]?.counters.advertSent ?? 0;
  assert.ok(sent >= 2);
  assert.equal(
    text,
    [
      "VRRP Instance: web",
      "  Advertisements:",
      "    Received: 0",
      `    Sent: ${sent}`,
      "  Became master: 1",
      "  Released master: 0",
      "  Packet Errors:",
      "    Length: 0",
      "    TTL: 0",
      "    Invalid Type: 0",
      "    Advertisement Interval: 0",
      "    Address List: 0",
      "  Authentication Errors:",
      "    Invalid Type: 0",
      "    Type Mismatch: 0",
      "    Failure: 0",
      "  Priority Zero:",
      "    Received: 0",
      "    Sent: 0",
      "",
    ].join("\n"),
  );
});

test("cleared counters are zero", () => {
  const { node } = activeNode();
  for (const _ of node.snapshotPieces("clear"));
  assert.match(renderStats(node.snapshot()), /Sent: 0\n {2}Became master: 0\n/);
});

test("the JSON has keepalived's names and state numbers, without the password", () => {
  const { node, part } = activeNode();
  const text = renderJson(part, node.snapshot(), 1_000 * SECOND);
  assert.ok(!text.includes("7365637265740000"));
  const [instance] = JSON.parse(text);
  assert.equal(instance.data.iname, "web");
  assert.equal(instance.data.state, 2);
  assert.equal(instance.data.vrid, 1);
  assert.equal(instance.data.effective_priority, 100);
  assert.deepEqual(instance.data.vips, ["192.0.2.100/24 dev eth0 scope global set"]);
  assert.equal(instance.data.last_transition, 1_003.609375);
  assert.equal(instance.stats.become_master, 1);
  assert.equal(instance.stats.auth_failure, 0);
});

test("the data file shows state and reasons, without the password", () => {
  const { node, part, now } = activeNode();
  const text = renderData(part, node.snapshot(), now);
  assert.match(text, /VRRP Instance = web\n/);
  assert.match(text, / State = MASTER\n/);
  assert.match(text, /Last transition = [0-9.]+ sec ago: no advert came\n/);
  assert.match(text, /Lease of addresses = 2 sec\n/);
  assert.ok(!text.includes("7365637265740000"));
});

test("a router that resigned because its interface lost its address is in FAULT with a reason", () => {
  const { node, part, now } = activeNode();
  const eth0 = interfaceState("eth0", "192.0.2.1/24", { ipv4: undefined, addresses: [] });
  node.handle({ kind: "interface", name: "eth0", state: eth0 }, now);
  const later = now + MILLISECOND;
  const actions = actionsOf(node.handle({ kind: "deadline" }, later))
    .filter((action) => action.kind === "notify" || action.kind === "record")
    .map((action) => (action.kind === "record" ? action.record.active : action.state));
  // No state is notified: a process that resumes here knows MASTER and holds no addresses.
  assert.deepEqual(actions, [false]);
  const [instance] = JSON.parse(renderJson(part, node.snapshot(), 1_000 * SECOND));
  assert.equal(instance.data.state, 3);
  assert.ok(!JSON.stringify(instance.data.vips).includes(" set"));
  assert.equal(instance.stats.release_master, 1);
  const text = renderData(part, node.snapshot(), later);
  assert.match(text, / State = FAULT\n/);
  assert.match(text, /Last transition = [0-9.]+ sec ago: no address on eth0\n/);
  assert.match(text, /no IPv4 address for interface/);
});
