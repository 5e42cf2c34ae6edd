import assert from "node:assert/strict";
import { test } from "node:test";
import type { Config } from "../config/config.ts";
import { renderConfig } from "./config-text.ts";

test("settings are shown by block, and secrets are hidden", () => {
  const config = {
    global: { routerId: "lb1", smtpServer: undefined, umask: 0o177 },
    vrrp: { scripts: [], instances: [{ name: "web", authPass: "7365637265740000" }] },
  } as unknown as Config;
  assert.deepEqual(renderConfig({ config, files: ["a.conf"] }), [
    "------< Configuration >------",
    "files =",
    "  - a.conf",
    "global =",
    "  routerId = lb1",
    "  umask = 0177",
    "instances =",
    "  -",
    "    name = web",
    "    authPass = (not shown)",
  ]);
});
