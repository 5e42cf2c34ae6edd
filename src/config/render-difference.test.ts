import assert from "node:assert/strict";
import { test } from "node:test";
import {
  globalConfig,
  instanceConfig,
  scriptConfig,
  wholeConfig,
} from "../../test/support/vrrp-config.ts";
import { diffConfigs } from "./diff.ts";
import { GLOBAL_KEYWORDS, ROOT_KEYWORDS } from "./global/global.ts";
import { renderDifference } from "./render-difference.ts";
import { AUTHENTICATION_KEYWORDS, INSTANCE_KEYWORDS } from "./vrrp/vrrp-instance.ts";
import { SCRIPT_KEYWORDS } from "./vrrp/vrrp-script.ts";

test("a reload's changes are told by object, and by what users write", () => {
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

test("every field is told as a keyword of its block", () => {
  const blocks = [
    { object: globalConfig(), keywords: [...GLOBAL_KEYWORDS, ...ROOT_KEYWORDS] },
    { object: scriptConfig({ name: "s" }), keywords: SCRIPT_KEYWORDS },
    { object: instanceConfig(), keywords: [...INSTANCE_KEYWORDS, ...AUTHENTICATION_KEYWORDS] },
  ];
  const strangers = blocks.flatMap(({ object, keywords }) => {
    const known = new Set(keywords.map(({ keyword }) => keyword));
    const none = { added: [], removed: [], kept: [] };
    return Object.keys(object)
      .filter((field) => field !== "name")
      .map((field) => {
        const global = { before: object, after: object, changed: [field] } as never;
        const lines = renderDifference({ global, instances: none, scripts: none });
        return lines[0]?.replace("global_defs changes: ", "") ?? "";
      })
      .filter((word) => !known.has(word));
  });
  assert.deepEqual(strangers, ["vrrp_priority and the like", "garp_…", "notify_…"]);
});
