import assert from "node:assert/strict";
import { test } from "node:test";
import {
  config,
  globalConfig,
  instanceConfig,
  scriptConfig,
} from "../../test/support/vrrp-config.ts";
import { diffConfigs, instanceIdentity, reloadObstacles } from "./diff.ts";

test("equal configurations differ in nothing", () => {
  const difference = diffConfigs(config([instanceConfig()]), config([instanceConfig()]));
  assert.deepEqual(difference.global.changed, []);
  assert.deepEqual(difference.instances.added, []);
  assert.deepEqual(difference.instances.removed, []);
  assert.deepEqual(difference.instances.kept[0]?.changed, []);
});

test("an instance is the same under another name, and tells what else changed", () => {
  const before = config([instanceConfig({ name: "A", priority: 100 })]);
  const after = config([instanceConfig({ name: "B", priority: 90 })]);
  const { added, removed, kept } = diffConfigs(before, after).instances;
  assert.deepEqual([added, removed], [[], []]);
  assert.deepEqual(kept[0]?.changed, ["name", "priority"]);
});

test("another VRID, interface, group or peer is another instance", () => {
  const base = instanceConfig();
  const others = [
    instanceConfig({ virtualRouterId: 2 }),
    instanceConfig({ interface: "eth1" }),
    instanceConfig({ mcastGroup: "224.0.0.33" as typeof base.mcastGroup }),
    instanceConfig({ unicastPeers: ["192.0.2.9" as typeof base.mcastGroup] }),
  ];
  for (const other of others) {
    assert.notEqual(instanceIdentity(base), instanceIdentity(other));
    const { added, removed } = diffConfigs(config([base]), config([other])).instances;
    assert.deepEqual([added, removed], [[other], [base]]);
  }
});

test("scripts are matched by name", () => {
  const before = config([], {
    scripts: [scriptConfig({ name: "a" }), scriptConfig({ name: "b" })],
  });
  const after = config([], {
    scripts: [scriptConfig({ name: "b", fall: 3 }), scriptConfig({ name: "c" })],
  });
  const { added, removed, kept } = diffConfigs(before, after).scripts;
  assert.deepEqual([added[0]?.name, removed[0]?.name, kept[0]?.changed], ["c", "a", ["fall"]]);
});

test("a reload can't change the namespace or the instance name", () => {
  const before = globalConfig({ netNamespace: "blue" });
  assert.deepEqual(reloadObstacles(before, before), []);
  assert.deepEqual(reloadObstacles(before, globalConfig({ instance: "x" })), [
    "network namespace",
    "instance name",
  ]);
});
