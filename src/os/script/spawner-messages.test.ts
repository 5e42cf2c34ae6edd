import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSpawnEnds } from "./spawner-messages.ts";

test("parseSpawnEnds accepts only ends of runs", () => {
  const end = { slot: 1, status: 256, output: "" };
  assert.deepEqual(parseSpawnEnds([]), []);
  assert.deepEqual(parseSpawnEnds([end, { ...end, status: -2 }]), [end, { ...end, status: -2 }]);
  for (const wrong of [
    undefined,
    null,
    "",
    {},
    end,
    [null],
    [{}],
    [end, { ...end, slot: "1" }],
    [{ ...end, status: 0.5 }],
    [{ ...end, output: 7 }],
  ]) {
    assert.equal(parseSpawnEnds(wrong), undefined, JSON.stringify(wrong));
  }
});
