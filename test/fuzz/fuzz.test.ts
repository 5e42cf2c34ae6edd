// A small share of the fuzzing with every test run, always the same inputs; `npm run fuzz` does it with new ones.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzz } from "./fuzz.ts";
import { TARGETS } from "./targets.ts";

const RUNS = 3_000;

for (const target of TARGETS) {
  test(`${target.name}: any octets give a value or a reason`, () => {
    for (const seed of target.seeds) target.check(seed);
    assert.equal(fuzz(target, { seed: 1, runs: RUNS }), RUNS);
  });
}

test("a decoder that throws is found, with the input made small", () => {
  const target = {
    name: "fragile",
    seeds: [new Uint8Array(40)],
    check: (bytes: Uint8Array): void => {
      if (bytes.length > 3 && bytes[3] === 0xff) throw new Error("fragile");
    },
  };
  assert.throws(() => fuzz(target, { seed: 1, runs: RUNS }), /seed: 1[\s\S]*fragile/);
});
