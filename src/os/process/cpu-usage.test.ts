import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { cpuUsage } from "./cpu-usage.ts";

test("this process's time agrees with Node's", () => {
  const { userMicros, systemMicros } = cpuUsage("self");
  const node = process.cpuUsage();
  assert.ok(userMicros + systemMicros > 0 && userMicros <= node.user);
  assert.ok(systemMicros <= node.system);
});

test("a child's time counts after its end", () => {
  const before = cpuUsage("children");
  spawnSync("/bin/sh", ["-c", "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done"]);
  const after = cpuUsage("children");
  const used = after.userMicros + after.systemMicros - before.userMicros - before.systemMicros;
  assert.ok(used > 0 && used < 60_000_000, `${used} µs`);
});
