import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBenchOptions, parts } from "./options.ts";

test("without options everything is measured", () => {
  assert.deepEqual(parseBenchOptions([]), { only: parts, rounds: 7, json: undefined });
});

test("accepts parts, rounds and the result file, in both spellings", () => {
  assert.deepEqual(parseBenchOptions(["--only", "memory,gaps", "--rounds=9", "--json", "x"]), {
    only: ["gaps", "memory"],
    rounds: 9,
    json: "x",
  });
});

test("reports invalid options", () => {
  for (const [words, why] of [
    [["--only"], /needs a value/],
    [["--only", "speed"], /no part speed/],
    [["--rounds", "0"], /from 1 to/],
    [["--rounds", "2.5"], /from 1 to/],
    [["--fast", "1"], /no option --fast/],
  ] as const) {
    assert.match(String(parseBenchOptions(words)), why);
  }
});
