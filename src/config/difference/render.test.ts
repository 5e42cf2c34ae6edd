import assert from "node:assert/strict";
import { test } from "node:test";
import { diffConfigs } from "../../../test/support/diff-configs.ts";
import {
  COMMAND,
  globalConfig,
  instanceConfig,
  scriptConfig,
  wholeConfig,
} from "../../../test/support/vrrp-config.ts";
import { table } from "../keyword/row.ts";
import { REGISTRY } from "../registry.ts";
import { INSTANCE_ROWS } from "../vrrp/instance-rows.ts";
import { SCRIPT_ROWS } from "../vrrp/script-rows.ts";
import { renderDifference } from "./render.ts";

test("the changes of a reload are rendered by object and keyword", () => {
  const before = wholeConfig([
    instanceConfig({ name: "A", authPass: "00" }),
    instanceConfig({ name: "B", virtualRouterId: 8 }),
  ]);
  const [first = instanceConfig()] = before.vrrp.instances;
  const after = wholeConfig([
    { ...first, advertIntMicros: 2_000_000, authPass: "01", addresses: [] },
    instanceConfig({ name: "C", virtualRouterId: 9 }),
  ]);
  assert.deepEqual(renderDifference(diffConfigs(before, after)), [
    "vrrp_instance B is gone",
    "vrrp_instance C is new",
    "vrrp_instance A changes: advert_int, auth_pass, virtual_ipaddress",
  ]);
});

test("every field is rendered as a keyword of its block", () => {
  const blocks = [
    { object: globalConfig(), table: REGISTRY.global },
    { object: scriptConfig({ name: "s" }), table: table(SCRIPT_ROWS) },
    { object: { ...instanceConfig(), notify: { master: COMMAND } }, table: table(INSTANCE_ROWS) },
  ];
  const strangers = blocks.flatMap(({ object, table: { byField } }) =>
    Object.entries(object)
      .filter(([field]) => field !== "name")
      .flatMap(([field, value]) =>
        byField.has(field) ? [field] : Object.keys(value ?? {}).map((name) => `${field}.${name}`),
      )
      .filter((field) => !byField.has(field)),
  );
  // One keyword of global_defs sets it for all instances.
  assert.deepEqual(strangers, ["garp.intervalMicros"]);
});

test("a change within a group of settings is rendered as its own keyword", () => {
  const changed = wholeConfig([
    instanceConfig({
      garp: { ...instanceConfig().garp, masterRepeat: 9 },
      notify: { master: COMMAND },
    }),
  ]);
  assert.deepEqual(renderDifference(diffConfigs(wholeConfig([instanceConfig()]), changed)), [
    "vrrp_instance VI_1 changes: garp_master_repeat, notify_master",
  ]);
  const nicer = wholeConfig([instanceConfig()], {
    global: { vrrpProcess: { ...globalConfig().vrrpProcess, priority: -5 } },
  });
  assert.deepEqual(renderDifference(diffConfigs(wholeConfig([instanceConfig()]), nicer)), [
    "global_defs changes: vrrp_priority",
  ]);
});
