import assert from "node:assert/strict";
import { test } from "node:test";
import { stackText } from "./stack-text.ts";

test("a stack shows places in the sources, for paths and for URLs", () => {
  const error = new Error("x");
  const { url, filename } = import.meta;
  error.stack = `Error: x\n    at run (${filename}:1:1)\n    at ${url}:1:1`;
  const place = "src/process/stack-text.test.ts:1:1";
  assert.equal(stackText(error), `Error: x\n    at run (${place})\n    at ${place}`);
});

test("places without a source map, and values that are not errors, are unchanged", () => {
  const error = new Error("x");
  error.stack = "Error: x\n    at run (/nowhere/a.js:1:2)\n    at file:///nowhere/b%20c.js:3:4";
  assert.equal(stackText(error), error.stack);
  assert.equal(stackText("x"), "x");
});
