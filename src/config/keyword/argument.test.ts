import assert from "node:assert/strict";
import { test } from "node:test";
import type { Word } from "../language/lexer.ts";
import { type Argument, decimalSeconds, integer, wholeSeconds } from "./argument.ts";

function word(text: string): Word {
  return { text, quoted: false, file: "k.conf", line: 1, column: 1, length: text.length };
}

test("an invalid number is reported with what was expected, and as ignored", () => {
  const rows: readonly [argument: Argument<number>, text: string, message: string][] = [
    [integer(1, 255), "256", "256 is not between 1 and 255; it is ignored"],
    [integer(1, 255), "soon", "'soon' is not a whole number; it is ignored"],
    [wholeSeconds(0, 60), "-1", "-1 is not between 0 and 60; it is ignored"],
    [decimalSeconds(0.01, 255, 6), "300", "300 is not between 0.01 and 255; it is ignored"],
    [decimalSeconds(0.01, 255, 6), "-1", "'-1' is not a number of seconds; it is ignored"],
  ];
  for (const [argument, text, wanted] of rows) {
    const messages: string[] = [];
    const value = argument.read(word(text), (_code, _place, message) => messages.push(message));
    assert.deepEqual(messages, [wanted]);
    assert.equal(value, undefined);
  }
});
