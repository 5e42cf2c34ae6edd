// Runs a fixed, small part of the fuzzing. `npm run fuzz` uses new inputs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz } from "./fuzz.ts";
import { TARGETS } from "./targets.ts";

const RUNS = 3_000;

for (const target of TARGETS) {
  test(`${target.name}: any input results in a value or a reason`, () => {
    for (const seed of target.seeds) target.check(seed);
    assert.equal(fuzz(target, { seed: 1, runs: RUNS }), RUNS);
  });
}

test("reports a decoder that throws with a minimal input", () => {
  const target = {
    name: "fragile",
    seeds: [new Uint8Array(40)],
    check: (bytes: Uint8Array): void => {
      if (bytes.length > 3 && bytes[3] === 0xff) throw new Error("fragile");
    },
  };
  assert.throws(() => fuzz(target, { seed: 1, runs: RUNS }), /seed: 1[\s\S]*fragile/);
});
