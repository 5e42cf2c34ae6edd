// What is told of commands that may not be run, and what keepalived would log of each.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeFiles, fakeSystem } from "../../../test/config/fake-system.ts";
import type { ScriptFacts } from "../../lib/script.ts";
import { type ReadConfigResult, readConfig } from "../read-config.ts";

const INSECURE: ScriptFacts = {
  kind: "found",
  path: "/opt/x",
  searched: false,
  irregular: undefined,
  executable: true,
  recognized: true,
  privileged: true,
  insecure: "/opt",
};

/** `command` as a tracked script, or as one that is notified. */
function read(
  command: string,
  use: "script" | "notify",
  { globals = "", users = ["keepalived_script"] } = {},
): ReadConfigResult {
  const isScript = use === "script";
  const lines = isScript ? "track_script {\nchk\n}" : `notify_master ${command}`;
  const text = [
    `global_defs {\n${globals}\n}`,
    isScript ? `vrrp_script chk {\nscript ${command}\n}` : "",
    `vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 51\nvirtual_ipaddress {\n10.0.0.1\n}\n${lines}\n}`,
  ].join("\n");
  const scripts = {
    "/opt/x": INSECURE,
    "/opt": { ...INSECURE, irregular: "Is a directory" },
    "/srv/x": { ...INSECURE, irregular: "Is a directory", privileged: false },
    "/bare": { ...INSECURE, insecure: undefined, recognized: false },
    closed: { kind: "missing", reason: "Permission denied" },
  } as const;
  const system = fakeSystem({ scripts, users });
  return readConfig({ path: "k", readFile: fakeFiles({ k: text }), system });
}

function told({ diagnostics }: ReadConfigResult): string[] {
  return diagnostics.map(({ code, logText }) => `${code}: ${logText ?? ""}`);
}

const SECURE = "enable_script_security\nscript_user root";

test("one that is missing", () => {
  assert.deepEqual(told(read("/gone", "script")), [
    "script-missing: Disabling track script chk since not found/accessible",
  ]);
  assert.deepEqual(told(read("/gone", "notify")), [
    "notify-missing: Script /gone cannot be accessed - No such file or directory",
  ]);
  assert.deepEqual(told(read("gone", "notify")), [
    "notify-missing: Cannot find script gone in path - disabling",
  ]);
});

test("one that cannot be reached", () => {
  assert.deepEqual(told(read("closed", "notify")), [
    "notify-missing: Permissions failure for script closed in path - disabling",
  ]);
});

const VIOLATION =
  "script-security-off: SECURITY VIOLATION - scripts are being executed but script_security not enabled.";

test("one that is a folder", () => {
  const disabled = "script-insecure: Disabling track script chk due to insecure";
  assert.deepEqual(told(read("/opt", "script", { globals: SECURE })), [disabled]);
  assert.deepEqual(told(read("/opt", "script", { globals: "script_user root" })), [
    disabled,
    VIOLATION,
  ]);
  assert.deepEqual(told(read("/opt", "notify", { globals: SECURE })), [
    "notify-insecure: Wrong file type found in script path '/opt'.",
  ]);
  assert.deepEqual(told(read("/srv/x", "script")), ["script-not-executable: ", VIOLATION]);
});

test("one without a shebang runs, with keepalived's hint", () => {
  const result = read("/bare", "script", { globals: SECURE });
  assert.deepEqual(told(result), ["script-no-shebang: Please add a #! shebang to script /bare"]);
  assert.equal(result.config?.vrrp.scripts[0]?.command.refusal, undefined);
});

test("one that others than root may change, run as root", () => {
  assert.deepEqual(told(read("/opt/x", "script", { globals: SECURE })), [
    "script-insecure: Disabling track script chk due to insecure",
  ]);
  assert.deepEqual(told(read("/opt/x", "notify", { globals: SECURE })), [
    "notify-insecure: Unsafe permissions found for script '/opt/x' - disabling.",
  ]);
});

test("the same where script security is off: it runs", () => {
  const result = read("/opt/x", "notify", { globals: "script_user root" });
  assert.deepEqual(told(result), [
    "script-unsafe: Unsafe permissions found for script '/opt/x'.",
    "script-security-off: SECURITY VIOLATION - scripts are being executed but script_security not enabled. There are insecure scripts.",
  ]);
  assert.equal(result.config?.vrrp.instances[0]?.notify.master?.refusal, undefined);
  assert.deepEqual(told(read("/n.sh", "notify")), [
    "script-security-off: SECURITY VIOLATION - scripts are being executed but script_security not enabled.",
  ]);
});

test("nobody to run it as", () => {
  const result = read("/n.sh", "notify", { globals: "enable_script_security", users: [] });
  const [unknown, refused] = told(result);
  assert.equal(unknown, "unknown-user: Unable to set default user keepalived_script for script");
  assert.equal(
    refused,
    "notify-unknown-user: Failed to set default user for notify script /n.sh - ignoring",
  );
  assert.match(result.config?.vrrp.instances[0]?.notify.master?.refusal ?? "", /does not exist/);
});

test("a file in place of a program is refused until that is built", () => {
  const { diagnostics } = read('"</etc/passwd"', "script");
  assert.ok(diagnostics.some(({ code }) => code === "not-implemented"));
});
