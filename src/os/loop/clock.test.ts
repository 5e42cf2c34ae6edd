import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SECOND } from "../../lib/micros.ts";
import { boottime, realtime } from "./clock.ts";

test("boottime agrees with /proc/uptime, in whole microseconds that never decrease", () => {
  const uptime = (): number => Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * SECOND;
  const before = uptime();
  let last = boottime();
  const after = uptime();
  // The kernel truncates to hundredths of a second.
  assert.ok(last >= before && last <= after + SECOND / 50, `${before} ${last} ${after}`);
  for (let round = 0; round < 1000; round++) {
    const now = boottime();
    assert.ok(Number.isSafeInteger(now) && now >= last);
    last = now;
  }
});

test("realtime is the time of day", () => {
  const before = Date.now() * 1000;
  const now = realtime();
  const after = (Date.now() + 1) * 1000;
  assert.ok(now >= before - SECOND && now <= after + SECOND, `${before} ${now} ${after}`);
});
