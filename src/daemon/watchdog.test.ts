import assert from "node:assert/strict";
import { test } from "node:test";
import { MILLISECOND, SECOND } from "../lib/micros.ts";
import { frozenAfter, heartbeatPeriod, Watchdog } from "./watchdog.ts";

test("heartbeats come often enough for the limit, whatever the interval", () => {
  for (const interval of [10 * MILLISECOND, 100 * MILLISECOND, SECOND, 255 * SECOND]) {
    assert.ok(heartbeatPeriod(interval) * 2 < frozenAfter(interval), `${interval}`);
  }
});

test("at 10 ms adverts a frozen child is found within 100 ms", () => {
  const watchdog = new Watchdog(10 * MILLISECOND, 0);
  let now = 0;
  while (!watchdog.check(now, 0)) now += watchdog.periodMicros;
  assert.ok(now <= 80 * MILLISECOND, `${now}`);
});

test("at 1 s adverts a frozen child is found while peers still wait", () => {
  const watchdog = new Watchdog(SECOND, 0);
  let now = 0;
  while (!watchdog.check(now, 0)) now += watchdog.periodMicros;
  assert.ok(now > SECOND && now < 2 * SECOND, `${now}`);
});

test("a watcher that slept itself does not blame the child at once", () => {
  const watchdog = new Watchdog(SECOND, 0);
  assert.equal(watchdog.check(100 * SECOND, 0), false);
  assert.equal(watchdog.check(100 * SECOND + watchdog.periodMicros, 100 * SECOND), false);
  assert.equal(watchdog.check(103 * SECOND, 100 * SECOND), false);
});
