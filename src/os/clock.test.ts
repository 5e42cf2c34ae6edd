import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SECOND } from "../lib/micros.ts";
import { boottime, realtime } from "./clock.ts";

test("boottime is what the kernel calls uptime, in whole microseconds that never go back", () => {
  const uptimeSeconds = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  let last = boottime();
  assert.ok(Math.abs(last - uptimeSeconds * SECOND) < SECOND, `${last} against ${uptimeSeconds} s`);
  for (let round = 0; round < 1000; round++) {
    const now = boottime();
    assert.ok(Number.isSafeInteger(now) && now >= last);
    last = now;
  }
});

test("realtime is the time of day", () => {
  assert.ok(Math.abs(realtime() - Date.now() * 1000) < SECOND);
});
