import assert from "node:assert/strict";
import { test } from "node:test";
import { MILLISECOND, SECOND } from "../../lib/micros.ts";
import { LogLimit } from "./lines.ts";

test("ten lines are logged in ten seconds, then ten more", () => {
  const limit = new LogLimit();
  const logged = Array.from({ length: 200 }, (_, step) => limit.take(step * 100 * MILLISECOND));
  assert.deepEqual(
    [logged.slice(0, 100), logged.slice(100)].map((part) => part.filter(Boolean).length),
    [10, 10],
  );
  assert.deepEqual([logged[99], logged[100]], [false, true], "from the tenth second on");
  assert.ok(limit.take(1_000 * SECOND));
});
