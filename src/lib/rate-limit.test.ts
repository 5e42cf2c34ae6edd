import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "./micros.ts";
import { RateLimit } from "./rate-limit.ts";

test("five times in ten seconds, and again when the first is ten seconds old", () => {
  const limit = new RateLimit(5, 10 * SECOND);
  for (let time = 0; time < 5; time++) assert.ok(limit.take("a", time * SECOND));
  assert.ok(!limit.take("a", 9.9 * SECOND));
  assert.ok(limit.take("a", 10 * SECOND));
  assert.ok(!limit.take("a", 10.9 * SECOND));
});

test("each object has its own count", () => {
  const limit = new RateLimit(5, 10 * SECOND);
  for (let time = 0; time < 5; time++) limit.take("a", 0);
  assert.ok(!limit.take("a", 0));
  assert.ok(limit.take("b", 0));
});

test("an object that is no longer used is forgotten", () => {
  const limit = new RateLimit(5, 10 * SECOND);
  for (let time = 0; time < 5; time++) {
    limit.take("a", 0);
    limit.take("b", 0);
  }
  limit.keepOnly(new Set(["b"]));
  assert.ok(limit.take("a", 0));
  assert.ok(!limit.take("b", 0));
});
