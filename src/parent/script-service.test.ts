import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { scriptConfig, wholeConfig } from "../../test/support/vrrp-config.ts";
import type { Config } from "../config/config.ts";
import { MILLISECOND, type Micros, SECOND } from "../lib/micros.ts";
import type { Command, ScriptOutcome } from "../lib/script.ts";
import { vrrpRole } from "../processes/vrrp/role.ts";
import { ScriptService } from "./script-service.ts";

const folder = temporaryFolder("script-service");

function scriptOf(name: string, text: string): Command {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return {
    text: path,
    argv: [path],
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
    supplementaryGroups: process.getgroups?.() ?? [],
    refusal: undefined,
  };
}

/** The log lines of a startup script, with or without `-D`. */
async function linesOf(command: Command, logDetail: 0 | 1, limit: Micros): Promise<string[]> {
  const lines: string[] = [];
  const log = (_level: string, text: string): void => void lines.push(text);
  const service = new ScriptService([vrrpRole], wholeConfig([]), log, { logDetail, umask: 0o22 });
  await service.runOnce("startup", command, limit);
  service.close();
  return lines;
}

test("the startup script is logged as by keepalived, its success only with -D", async () => {
  const good = scriptOf("good", "exit 0");
  const running = `Running startup script ${good.text}`;
  const limit = 60 * SECOND;
  assert.deepEqual(await linesOf(good, 0, limit), []);
  assert.deepEqual(await linesOf(good, 1, limit), [running, "startup script script succeeded"]);
  const bad = scriptOf("bad", "exit 3");
  assert.deepEqual(await linesOf(bad, 0, limit), ["startup script script failed, status 3"]);
  const killed = scriptOf("killed", "kill -9 $$");
  assert.deepEqual(await linesOf(killed, 0, limit), ["startup script was ended by signal 9"]);
  const slow = scriptOf("slow", "exec sleep 60");
  assert.deepEqual(await linesOf(slow, 0, 200 * MILLISECOND), ["startup script timed out"]);
  const [line] = await linesOf({ ...good, argv: [join(folder, "none")] }, 0, limit);
  assert.match(line ?? "", /^Call of startup script .*none failed: .*no such file/i);
});

/** A tracked script that counts its runs in the file `started` and succeeds once the file `go` exists. */
function waitingCheck(name: string): { command: Command; started: string; go: string } {
  const started = join(folder, `${name}.started`);
  const go = join(folder, `${name}.go`);
  const text = `echo run >> ${started}\nuntil [ -e ${go} ]; do sleep 0.05; done`;
  return { command: scriptOf(name, text), started, go };
}

async function untilExists(path: string): Promise<void> {
  while (!existsSync(path)) await delay(10);
}

test("a restarted vrrp process gets the result of the run that its predecessor requested", async () => {
  const { command, started, go } = waitingCheck("resumed");
  const script = scriptConfig({ name: "check", command, timeoutMicros: 60 * SECOND });
  const options = { logDetail: 0, umask: 0o22 } as const;
  const service = new ScriptService(
    [vrrpRole],
    wholeConfig([], { scripts: [script] }),
    () => undefined,
    options,
  );
  const former: ScriptOutcome[] = [];
  service.runTracked("vrrp", "check", (outcome) => former.push(outcome));
  await untilExists(started);
  const outcome = new Promise<ScriptOutcome>((resolve) =>
    service.runTracked("vrrp", "check", resolve),
  );
  writeFileSync(go, "");
  assert.deepEqual(await outcome, { kind: "exited", status: 0 });
  assert.equal(readFileSync(started, "utf8"), "run\n");
  assert.deepEqual(former, []);
  service.close();
});

test("a run with another timeout neither waits for the previous run nor gets its result", async () => {
  const { command, started, go } = waitingCheck("other-timeout");
  const withTimeout = (timeoutMicros: Micros): Config =>
    wholeConfig([], { scripts: [scriptConfig({ name: "check", command, timeoutMicros })] });
  const options = { logDetail: 0, umask: 0o22 } as const;
  const service = new ScriptService([vrrpRole], withTimeout(60 * SECOND), () => undefined, options);
  const former = new Promise<ScriptOutcome>((resolve) =>
    service.runTracked("vrrp", "check", resolve),
  );
  await untilExists(started);
  service.configure(withTimeout(50 * SECOND));
  const outcome = new Promise<ScriptOutcome>((resolve) =>
    service.runTracked("vrrp", "check", resolve),
  );
  while (readFileSync(started, "utf8") !== "run\nrun\n") await delay(10);
  writeFileSync(go, "");
  assert.deepEqual(await outcome, { kind: "exited", status: 0 });
  assert.deepEqual(await former, { kind: "exited", status: 0 });
  service.close();
});
