import assert from "node:assert/strict";
import { test } from "node:test";
import { actionsOf } from "../../test/support/actions.ts";
import {
  config,
  instanceConfig,
  interfaceState,
  virtualAddress,
} from "../../test/support/vrrp-config.ts";
import { ETH0, owners, run, started } from "../../test/support/vrrp-node.ts";
import { MILLISECOND, type Micros, SECOND } from "../lib/micros.ts";
import type { NodeAction } from "./action.ts";
import { VrrpNode } from "./node.ts";

test("adverts due within their slack are sent in one step, also later", () => {
  const node = started(config(owners(1)));
  const spread = owners(10);
  for (const [index] of spread.entries()) {
    node.handle({ kind: "reload", config: config(spread.slice(0, index + 1)) }, index * 2_000);
  }
  const adverts = run(node, 5 * SECOND, 20_000).filter(
    ({ action }) => action.kind === "sendAdvert",
  );
  const steps = new Set(adverts.map(({ at }) => at));
  assert.equal(adverts.length, 50);
  assert.deepEqual(
    [...steps],
    [1, 2, 3, 4, 5].map((time) => time * SECOND),
  );
});

test("instances that start apart share steps from their second advert on, and so do renewals", () => {
  const node = started(config([]));
  for (const [index, at] of [130, 300, 710].entries()) {
    node.handle({ kind: "reload", config: config(owners(index + 1)) }, at * MILLISECOND);
  }
  const done = run(node, 3 * SECOND, 710 * MILLISECOND);
  const times = (kind: NodeAction["kind"]): number[] =>
    done.filter(({ action }) => action.kind === kind).map(({ at }) => at / MILLISECOND);
  const beats = [1_000, 2_000, 3_000].flatMap((beat) => [beat, beat, beat]);
  assert.deepEqual(times("sendAdvert"), beats);
  assert.deepEqual(times("setAddresses"), beats);
});

test("an instance that starts just before a beat sends the adverts due with it too", () => {
  const node = started(config(owners(1)));
  run(node, 900 * MILLISECOND);
  node.handle({ kind: "reload", config: config(owners(2)) }, 985 * MILLISECOND);
  const done = run(node, 3 * SECOND, 985 * MILLISECOND);
  const adverts = done.filter(({ action }) => action.kind === "sendAdvert");
  assert.deepEqual(
    adverts.map(({ at }) => at / MILLISECOND),
    [1_000, 1_985, 1_985, 2_985, 2_985],
  );
});

test("sharing steps makes no interval longer than configured", () => {
  const settings = [
    ...owners(5),
    ...owners(5, { version: 3, advertIntMicros: 100 * MILLISECOND }).map((each, index) => ({
      ...each,
      name: `VI_${index + 11}`,
      virtualRouterId: index + 11,
    })),
  ];
  const node = new VrrpNode(config(settings));
  node.handle({ kind: "start", interfaces: [ETH0], records: undefined }, 0);
  const last = new Map<string, Micros>();
  for (const { at, action } of run(node, 10 * SECOND)) {
    if (action.kind !== "sendAdvert") continue;
    const interval = Number(action.instance.slice(3)) > 10 ? 100 * MILLISECOND : SECOND;
    const before = last.get(action.instance) ?? 0;
    assert.ok(
      at - before <= interval && at - before >= 0.98 * interval,
      `${action.instance} ${at}`,
    );
    last.set(action.instance, at);
  }
  assert.equal(last.size, 10);
});

test("gratuitous ARPs never delay an advert, and all are sent", () => {
  const addresses = Array.from({ length: 200 }, (_, index) =>
    virtualAddress(`10.0.0.${index + 1}/24`),
  );
  const settings = owners(20, { version: 3, advertIntMicros: 10 * MILLISECOND }).map(
    (each, index) => (index === 0 ? { ...each, addresses } : each),
  );
  const node = started(config(settings));
  const done = run(node, 2 * SECOND);
  const adverts = done.filter(({ action }) => action.kind === "sendAdvert");
  assert.equal(adverts.length, 200 * 20);
  const arps = done.filter(({ action }) => action.kind === "arp").length;
  // The start sent the first 64 ARPs.
  assert.equal(arps, 5 * (200 + 19) - 64);
});

test("two thousand virtual routers on eight interfaces send together, every second", () => {
  const settings = Array.from({ length: 8 }, (_, interfaceIndex) =>
    owners(250).map((each) => ({
      ...each,
      name: `${each.name}_${interfaceIndex}`,
      interface: `eth${interfaceIndex}`,
      addresses: [],
    })),
  );
  const node = new VrrpNode(config(settings.flat()), { detailed: false });
  const interfaces = Array.from({ length: 8 }, (_, index) =>
    interfaceState(`eth${index}`, `10.0.${index}.1/24`),
  );
  node.handle({ kind: "start", interfaces, records: undefined }, 0);
  const adverts = run(node, 3 * SECOND).filter(({ action }) => action.kind === "sendAdvert");
  assert.equal(adverts.length, 3 * 2_000);
  assert.equal(new Set(adverts.map(({ at }) => at)).size, 3);
});

test("many deadlines due at once are spread over several steps", () => {
  const settings = Array.from({ length: 1_200 }, (_, index) =>
    instanceConfig({
      name: `VI_${index}`,
      interface: `eth${Math.floor(index / 250)}`,
      virtualRouterId: 1 + (index % 250),
      addresses: [],
    }),
  );
  const interfaces = Array.from({ length: 5 }, (_, index) =>
    interfaceState(`eth${index}`, `10.0.${index}.1/24`),
  );
  const node = new VrrpNode(config(settings), { detailed: false });
  node.handle({ kind: "start", interfaces, records: undefined }, 0);
  const due = node.deadline();
  assert.ok(due !== undefined);
  const steps: number[] = [];
  while (node.deadline() === due) {
    const actions = actionsOf(node.handle({ kind: "deadline" }, due));
    steps.push(actions.filter((action) => action.kind === "sendAdvert").length);
  }
  assert.deepEqual(steps, [256, 256, 256, 256, 176]);
});

test("after a long pause a router announces nothing before it has given up", () => {
  const count = 600;
  const interfaces = ["eth0", "eth1", "eth2"];
  const instances = Array.from({ length: count }, (_, index) => {
    const name = interfaces[index % interfaces.length] as string;
    const base = instanceConfig({ name: `VI_${index}`, virtualRouterId: 1 + (index % 250) });
    return {
      ...base,
      interface: name,
      addresses: [virtualAddress(`10.0.${index >> 8}.${index & 255}/16`, name)],
      garp: { ...base.garp, intervalMicros: 50 * MILLISECOND },
    };
  });
  const node = new VrrpNode(config(instances), { detailed: false });
  const states = interfaces.map((name) => interfaceState(name, "192.0.2.1/24"));
  node.handle({ kind: "start", interfaces: states, records: undefined }, 0);
  run(node, 5 * SECOND);
  assert.equal(
    node.snapshot().instances.every(({ state }) => state === "active"),
    true,
  );
  const announced = new Set<string>();
  const removed = new Set<string>();
  for (const { action } of run(node, 25 * SECOND, 25 * SECOND)) {
    if (action.kind === "arp") announced.add(action.address);
    if (action.kind === "removeAddresses") removed.add(action.instance);
  }
  assert.equal(removed.size, count);
  assert.deepEqual([...announced], []);
});
