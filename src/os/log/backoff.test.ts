import assert from "node:assert/strict";
import { test } from "node:test";
import { createBackoff } from "./backoff.ts";

test("delays double up to the last, and start again after reset", () => {
  const backoff = createBackoff(5, 30);
  assert.deepEqual(Array.from({ length: 5 }, backoff.next), [5, 10, 20, 30, 30]);
  backoff.reset();
  assert.equal(backoff.next(), 5);
});
