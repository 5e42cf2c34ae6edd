import assert from "node:assert/strict";
import { test } from "node:test";
import { MILLISECOND, SECOND } from "../../lib/micros.ts";
import { TellLimit } from "./tell-limit.ts";

test("ten are told in ten seconds, then ten more", () => {
  const limit = new TellLimit();
  const told = Array.from({ length: 200 }, (_, turn) => limit.allow(turn * 100 * MILLISECOND));
  assert.deepEqual(
    [told.slice(0, 100), told.slice(100)].map((part) => part.filter(Boolean).length),
    [10, 10],
  );
  assert.deepEqual([told[99], told[100]], [false, true], "from the tenth second on");
  assert.ok(limit.allow(1_000 * SECOND));
});
