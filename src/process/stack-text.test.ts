import assert from "node:assert/strict";
import { test } from "node:test";
import { stackText } from "./stack-text.ts";

test("a stack names the sources, of modules and of what is no module", () => {
  const error = new Error("x");
  const { url, filename } = import.meta;
  error.stack = `Error: x\n    at run (${filename}:1:1)\n    at ${url}:1:1`;
  const place = "src/process/stack-text.test.ts:1:1";
  assert.equal(stackText(error), `Error: x\n    at run (${place})\n    at ${place}`);
});

test("a place without a map stays as it is, and so does what is no error", () => {
  const error = new Error("x");
  error.stack = "Error: x\n    at run (/nowhere/a.js:1:2)\n    at file:///nowhere/b%20c.js:3:4";
  assert.equal(stackText(error), error.stack);
  assert.equal(stackText("x"), "x");
});
