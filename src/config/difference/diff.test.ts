import assert from "node:assert/strict";
import { test } from "node:test";
import { diffConfigs } from "../../../test/support/diff-configs.ts";
import {
  globalConfig,
  instanceConfig,
  scriptConfig,
  wholeConfig,
} from "../../../test/support/vrrp-config.ts";
import { ip } from "../../lib/ip.ts";
import type { Config } from "../config.ts";
import type { InstanceConfig } from "../vrrp/vrrp-config.ts";
import { type ListDifference, reloadObstacles } from "./diff.ts";

/** The difference of one list of the vrrp part. */
function listOf(before: Config, after: Config, name: "scripts" | "instances"): ListDifference {
  const found = diffConfigs(before, after).lists.find(({ list }) => list === name);
  assert.ok(found !== undefined);
  return found;
}

test("equal configurations have no differences", () => {
  const [before, after] = [wholeConfig([instanceConfig()]), wholeConfig([instanceConfig()])];
  assert.deepEqual(diffConfigs(before, after).global.changed, []);
  const instances = listOf(before, after, "instances");
  assert.deepEqual(instances.added, []);
  assert.deepEqual(instances.removed, []);
  assert.deepEqual(instances.kept[0]?.changed, []);
});

test("a renamed instance is matched, with its other changes", () => {
  const before = wholeConfig([instanceConfig({ name: "A", priority: 100 })]);
  const after = wholeConfig([instanceConfig({ name: "B", priority: 90 })]);
  const { added, removed, kept } = listOf(before, after, "instances");
  assert.deepEqual([added, removed], [[], []]);
  assert.deepEqual(kept[0]?.changed, ["name", "priority"]);
});

test("an instance with another VRID, interface or group, or changed to unicast, is a new one", () => {
  const base = instanceConfig();
  const others = [
    instanceConfig({ virtualRouterId: 2 }),
    instanceConfig({ interface: "eth1" }),
    instanceConfig({ mcastGroup: "224.0.0.33" as typeof base.mcastGroup }),
    instanceConfig({ unicastPeers: ["192.0.2.9" as typeof base.mcastGroup] }),
  ];
  for (const other of others) {
    const { added, removed } = listOf(wholeConfig([base]), wholeConfig([other]), "instances");
    assert.deepEqual([added, removed], [[other], [base]]);
  }
});

test("an instance is matched while unicast peers are added, removed and reordered", () => {
  const unicast = (peers: readonly string[], rest: Partial<InstanceConfig> = {}): InstanceConfig =>
    instanceConfig({ unicastPeers: peers.map(ip), ...rest });
  const base = unicast(["192.0.2.2", "192.0.2.3"]);
  const after = [
    unicast(["192.0.2.3", "192.0.2.2"]),
    unicast(["192.0.2.3", "192.0.2.2"], { name: "renamed" }),
    unicast(["192.0.2.2", "192.0.2.3", "192.0.2.4"]),
    unicast(["192.0.2.9"]),
    unicast(["192.0.2.2", "192.0.2.3"], { unicastSrcIp: ip("192.0.2.1") }),
  ];
  for (const one of after) {
    const { added, removed, kept } = listOf(wholeConfig([base]), wholeConfig([one]), "instances");
    assert.deepEqual([added, removed, kept.length], [[], [], 1]);
  }
});

test("instances with the same VRID are matched by peers, then by name", () => {
  const one = (name: string, peer: string): InstanceConfig =>
    instanceConfig({ name, unicastPeers: [ip(peer)] });
  const before = wholeConfig([one("A", "192.0.2.2"), one("B", "192.0.2.3")]);
  const after = wholeConfig([one("B", "192.0.2.2"), one("A", "192.0.2.9"), one("C", "192.0.2.3")]);
  const { added, removed, kept } = listOf(before, after, "instances");
  assert.deepEqual([added, removed.map(({ name }) => name)], [[after.vrrp.instances[1]], []]);
  assert.deepEqual(
    kept.map((entry) => [entry.before.name, entry.after.name]),
    [
      ["A", "B"],
      ["B", "C"],
    ],
  );
  const moved = wholeConfig([one("B", "192.0.2.9"), one("A", "192.0.2.2")]);
  assert.deepEqual(
    listOf(before, moved, "instances").kept.map((entry) => [entry.before.name, entry.after.name]),
    [
      ["B", "B"],
      ["A", "A"],
    ],
  );
});

test("scripts are matched by name", () => {
  const before = wholeConfig([], {
    scripts: [scriptConfig({ name: "a" }), scriptConfig({ name: "b" })],
  });
  const after = wholeConfig([], {
    scripts: [scriptConfig({ name: "b", fall: 3 }), scriptConfig({ name: "c" })],
  });
  const { added, removed, kept } = listOf(before, after, "scripts");
  assert.deepEqual([added[0]?.name, removed[0]?.name, kept[0]?.changed], ["c", "a", ["fall"]]);
});

test("a reload cannot change the namespace or the instance name", () => {
  const before = globalConfig({ netNamespace: "blue" });
  assert.deepEqual(reloadObstacles(before, before), []);
  assert.deepEqual(reloadObstacles(before, globalConfig({ instance: "x" })), [
    "network namespace",
    "instance name",
  ]);
});
