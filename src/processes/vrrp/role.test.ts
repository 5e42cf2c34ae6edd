import assert from "node:assert/strict";
import { test } from "node:test";
import { MILLISECOND, SECOND } from "../../lib/micros.ts";
import { longestStop } from "./role.ts";

test("the limit for a stopped child follows the advert interval, from 40 ms to 3 s", () => {
  assert.equal(longestStop(10 * MILLISECOND), 40 * MILLISECOND);
  assert.equal(longestStop(SECOND), 200 * MILLISECOND);
  assert.equal(longestStop(255 * SECOND), 3 * SECOND);
});
