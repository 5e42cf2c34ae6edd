import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "../lib/micros.ts";
import { RespawnPolicy } from "./respawn.ts";

test("after two deaths in a minute the child is resumed, later ones start it anew with growing delays", () => {
  const policy = new RespawnPolicy();
  assert.deepEqual(policy.plan(0, 1 * SECOND), { resume: true, delayMicros: 0 });
  assert.deepEqual(policy.plan(1 * SECOND, 2 * SECOND), { resume: true, delayMicros: 0 });
  const delays = [3, 5, 9, 17, 33, 65, 100, 101].map((at) =>
    policy.plan((at - 1) * SECOND, at * SECOND),
  );
  assert.deepEqual(
    delays.map((plan) => plan.resume),
    new Array(8).fill(false),
  );
  assert.deepEqual(
    delays.map((plan) => plan.delayMicros / SECOND),
    [1, 2, 4, 8, 16, 32, 60, 60],
  );
});

test("a resume more than a minute ago does not count, even on a long-running machine", () => {
  const policy = new RespawnPolicy();
  const days = 86_400 * SECOND;
  for (const at of [0, 30, 61, 91]) {
    assert.ok(policy.plan(days, days + at * SECOND).resume, `${at}`);
  }
  assert.ok(!policy.plan(days + 91 * SECOND, days + 120 * SECOND).resume);
});

test("if a child has lived for a minute, earlier deaths do not count", () => {
  const policy = new RespawnPolicy();
  policy.plan(0, 1 * SECOND);
  policy.plan(0, 2 * SECOND);
  assert.equal(policy.plan(0, 3 * SECOND).resume, false);
  assert.equal(policy.plan(20.1 * SECOND, 80 * SECOND).resume, false);
  assert.deepEqual(policy.plan(80 * SECOND, 140 * SECOND), { resume: true, delayMicros: 0 });
});
