import assert from "node:assert/strict";
import { test } from "node:test";
import { MILLISECOND, SECOND } from "../../lib/micros.ts";
import { longestStop } from "./role.ts";

test("the time suits the interval, and is under 100 ms for the shortest", () => {
  assert.equal(longestStop(10 * MILLISECOND), 40 * MILLISECOND);
  assert.equal(longestStop(SECOND), 200 * MILLISECOND);
  assert.equal(longestStop(255 * SECOND), 3 * SECOND);
});
