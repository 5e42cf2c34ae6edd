import assert from "node:assert/strict";
import { test } from "node:test";
import { Retry } from "./retry.ts";

test("a failed operation is retried once per period until it succeeds", () => {
  const retry = new Retry(100);
  assert.equal(retry.at, undefined);
  assert.ok(!retry.isDue(1_000));

  retry.plan(true, 1_000);
  assert.equal(retry.at, 1_100);
  assert.ok(!retry.isDue(1_099));
  assert.ok(retry.isDue(1_100));

  retry.plan(true, 1_130);
  assert.equal(retry.at, 1_230);
  retry.plan(false, 1_230);
  assert.equal(retry.at, undefined);
  assert.ok(!retry.isDue(9_999));
});

test("another failure before the retry does not delay the retry", () => {
  const retry = new Retry(100);
  retry.plan(true, 1_000);
  retry.plan(true, 1_060);
  assert.equal(retry.at, 1_100);
});
