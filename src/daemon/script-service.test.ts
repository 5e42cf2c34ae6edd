import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { config } from "../../test/support/vrrp-config.ts";
import { MILLISECOND, type Micros, SECOND } from "../lib/micros.ts";
import type { Command } from "../lib/script.ts";
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

/** The lines that a script of the start brings, with `-D` or without. */
async function linesOf(command: Command, logDetail: 0 | 1, limit: Micros): Promise<string[]> {
  const lines: string[] = [];
  const log = (_level: string, text: string): void => void lines.push(text);
  const service = new ScriptService(config([]), log, { logDetail, umask: 0o22 });
  await service.runOnce("startup", command, limit);
  service.close();
  return lines;
}

test("the script of the start is logged in keepalived's words, success with -D only", async () => {
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
