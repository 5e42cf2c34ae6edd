import assert from "node:assert/strict";
import { test } from "node:test";
import { LONGEST_TIMER_MILLIS, SECOND, timerMillis } from "./micros.ts";

test("the delay of a timer is rounded up to milliseconds and limited", () => {
  const cases = [
    [0, 0],
    [-5, 0],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [2_147_483_647_000, LONGEST_TIMER_MILLIS],
    [2_147_484 * SECOND, LONGEST_TIMER_MILLIS],
    [Number.POSITIVE_INFINITY, LONGEST_TIMER_MILLIS],
  ] as const;
  for (const [micros, millis] of cases) assert.equal(timerMillis(micros), millis, String(micros));
});
