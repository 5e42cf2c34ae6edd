// The diagnostics of commands that may not run, and the log line of keepalived for each.

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

function reported({ diagnostics }: ReadConfigResult): string[] {
  return diagnostics.map(({ code, logText }) => `${code}: ${logText ?? ""}`);
}

const SECURE = "enable_script_security\nscript_user root";

test("a missing program is reported", () => {
  assert.deepEqual(reported(read("/gone", "script")), [
    "script-missing: Disabling track script chk since not found/accessible",
  ]);
  assert.deepEqual(reported(read("/gone", "notify")), [
    "notify-missing: Script /gone cannot be accessed - No such file or directory",
  ]);
  assert.deepEqual(reported(read("gone", "notify")), [
    "notify-missing: Cannot find script gone in path - disabling",
  ]);
});

test("an inaccessible program is reported", () => {
  assert.deepEqual(reported(read("closed", "notify")), [
    "notify-missing: Permissions failure for script closed in path - disabling",
  ]);
});

const VIOLATION =
  "script-security-off: SECURITY VIOLATION - scripts are being executed but script_security not enabled.";

test("a folder is not run as a program", () => {
  const disabled = "script-insecure: Disabling track script chk due to insecure";
  assert.deepEqual(reported(read("/opt", "script", { globals: SECURE })), [disabled]);
  assert.deepEqual(reported(read("/opt", "script", { globals: "script_user root" })), [
    disabled,
    VIOLATION,
  ]);
  assert.deepEqual(reported(read("/opt", "notify", { globals: SECURE })), [
    "notify-insecure: Wrong file type found in script path '/opt'.",
  ]);
  assert.deepEqual(reported(read("/srv/x", "script")), ["script-not-executable: ", VIOLATION]);
});

test("a program without a shebang runs, with keepalived's warning", () => {
  const result = read("/bare", "script", { globals: SECURE });
  assert.deepEqual(reported(result), [
    "script-no-shebang: Please add a #! shebang to script /bare",
  ]);
  assert.equal(result.config?.vrrp.scripts[0]?.command.refusal, undefined);
});

test("with script security, root does not run a program that other users may change", () => {
  assert.deepEqual(reported(read("/opt/x", "script", { globals: SECURE })), [
    "script-insecure: Disabling track script chk due to insecure",
  ]);
  assert.deepEqual(reported(read("/opt/x", "notify", { globals: SECURE })), [
    "notify-insecure: Unsafe permissions found for script '/opt/x' - disabling.",
  ]);
});

test("without script security, root runs a program that other users may change", () => {
  const result = read("/opt/x", "notify", { globals: "script_user root" });
  assert.deepEqual(reported(result), [
    "script-unsafe: Unsafe permissions found for script '/opt/x'.",
    "script-security-off: SECURITY VIOLATION - scripts are being executed but script_security not enabled. There are insecure scripts.",
  ]);
  assert.equal(result.config?.vrrp.instances[0]?.notify.master?.refusal, undefined);
  assert.deepEqual(reported(read("/n.sh", "notify")), [
    "script-security-off: SECURITY VIOLATION - scripts are being executed but script_security not enabled.",
  ]);
});

test("a command without an existing user is not run", () => {
  const result = read("/n.sh", "notify", { globals: "enable_script_security", users: [] });
  const [unknown, refused] = reported(result);
  assert.equal(unknown, "unknown-user: Unable to set default user keepalived_script for script");
  assert.equal(
    refused,
    "notify-unknown-user: Failed to set default user for notify script /n.sh - ignoring",
  );
  assert.match(result.config?.vrrp.instances[0]?.notify.master?.refusal ?? "", /does not exist/);
});

test("a file in place of a program is reported as not implemented", () => {
  const { diagnostics } = read('"</etc/passwd"', "script");
  assert.ok(diagnostics.some(({ code }) => code === "not-implemented"));
});
