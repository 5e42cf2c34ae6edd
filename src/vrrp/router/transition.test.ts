// The counters and records of state changes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { actionsOf } from "../../../test/support/actions.ts";
import { config, instanceConfig, interfaceState } from "../../../test/support/vrrp-config.ts";
import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import { SECOND } from "../../lib/micros.ts";
import type { NodeAction } from "../action.ts";
import type { InterfaceState } from "../event.ts";
import { VrrpNode } from "../node.ts";
import type { InstanceSnapshot } from "../snapshot.ts";

const ETH0 = interfaceState("eth0", "192.0.2.1/24");

function started(over: Partial<InstanceConfig> = {}): VrrpNode {
  const node = new VrrpNode(config([instanceConfig(over)]), { detailed: false });
  node.handle({ kind: "start", interfaces: [ETH0], records: undefined }, 0);
  return node;
}

function active(): VrrpNode {
  return started({ priority: 255, state: "MASTER" });
}

function becomes(node: VrrpNode, state: InterfaceState, at: number): readonly NodeAction[] {
  return actionsOf(node.handle({ kind: "interface", name: state.name, state }, at));
}

function first(node: VrrpNode): InstanceSnapshot {
  const [instance] = node.snapshot().instances;
  assert.ok(instance !== undefined);
  return instance;
}

test("transitions to and from MASTER and sent adverts are counted until cleared", () => {
  const node = active();
  node.handle({ kind: "deadline" }, SECOND);
  const { advertSent, becomeMaster, releaseMaster, priZeroSent } = first(node).counters;
  assert.deepEqual([advertSent, becomeMaster, releaseMaster, priZeroSent], [2, 1, 0, 0]);
  becomes(node, { ...ETH0, up: false }, 1.5 * SECOND);
  const after = first(node).counters;
  assert.deepEqual([after.advertSent, after.releaseMaster, after.priZeroSent], [2, 1, 0]);
  for (const _ of node.snapshotPieces("clear"));
  assert.ok(Object.values(first(node).counters).every((count) => count === 0));
});

test("a resignation is counted apart from adverts", () => {
  const settings = { priority: 255, state: "MASTER" } as const;
  const trackInterfaces = [{ name: "eth1", weight: 0, reverse: false }];
  const node = new VrrpNode(config([instanceConfig({ ...settings, trackInterfaces })]));
  const eth1 = interfaceState("eth1", "198.51.100.1/24");
  node.handle({ kind: "start", interfaces: [ETH0, eth1], records: undefined }, 0);
  becomes(node, { ...eth1, up: false }, SECOND / 2);
  const { advertSent, releaseMaster, priZeroSent } = first(node).counters;
  assert.deepEqual([advertSent, releaseMaster, priZeroSent], [1, 1, 1]);
});

test("an active router that cannot send gives up without priority 0", () => {
  for (const state of [
    { ...ETH0, up: false },
    { ...ETH0, up: false, ipv4: undefined },
  ]) {
    const actions = becomes(active(), state, SECOND / 2);
    assert.deepEqual(
      actions.filter(({ kind }) => kind !== "log" && kind !== "notify").map(({ kind }) => kind),
      ["record", "removeAddresses"],
    );
  }
});

test("the deadline includes the wait for an address; a removed router has none", () => {
  const node = started({ priority: 150 });
  becomes(node, { ...ETH0, ipv4: undefined }, SECOND);
  assert.equal(node.deadline(), 1.1 * SECOND);
  assert.equal(first(node).state, "backup");
  node.handle({ kind: "reload", config: config([]) }, 1.05 * SECOND);
  assert.equal(node.deadline(), undefined);
});

test("the last change has the reason for a backup", () => {
  const node = started();
  assert.deepEqual(first(node).lastChange, { at: 0, reason: "start" });
  becomes(node, { ...ETH0, up: false }, SECOND);
  assert.match(first(node).lastChange?.reason ?? "", /interface eth0 down/);
  becomes(node, ETH0, 2 * SECOND);
  const reason = "all tracked objects are well";
  assert.deepEqual(first(node).lastChange, { at: 2 * SECOND, reason });
});
