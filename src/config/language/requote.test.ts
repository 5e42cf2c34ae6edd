import assert from "node:assert/strict";
import { test } from "node:test";
import { requote } from "./requote.ts";

function words(text: string, escapes: boolean): readonly string[] {
  const result = requote(text, escapes);
  assert.equal(result.kind, "words");
  return result.kind === "words" ? result.words : [];
}

test("both kinds of quotes join words, anywhere in a word", () => {
  assert.deepEqual(words(`a 'b c' "d e" f'g h'i`, true), ["a", "b c", "d e", "fg hi"]);
  assert.deepEqual(words(`'a "b" c' "d 'e' f"`, true), [`a "b" c`, `d 'e' f`]);
  assert.deepEqual(words(`'' a`, true), ["", "a"]);
});

test("escapes make characters", () => {
  const text = String.raw`\a\b\E\f\n\r\t\v \101\7 \x41\x4a! \cA \\ \" \q`;
  assert.deepEqual(words(text, true), [
    "\x07\b\x1b\f\n\r\t\v",
    "A\x07",
    "AJ!",
    "\x01",
    "\\",
    '"',
    "q",
  ]);
});

test("hexadecimal escapes make octets, so UTF-8 can be written by them", () => {
  assert.deepEqual(words(String.raw`caf\xc3\xa9`, true), ["café"]);
});

test("the first split of a command keeps escapes for the second", () => {
  const once = words(String.raw`script "prog 'a b' \"c d\""`, false);
  assert.deepEqual(once, ["script", String.raw`prog 'a b' \"c d\"`]);
  assert.deepEqual(words(once[1] ?? "", true), ["prog", "a b", '"c', 'd"']);
});

test("an unclosed quote is refused with a reason", () => {
  assert.deepEqual(requote(`a 'b`, true), { kind: "unclosed", quote: "'" });
  assert.deepEqual(requote(`a "b`, false), { kind: "unclosed", quote: '"' });
  assert.deepEqual(requote("a \\", true), { kind: "danglingEscape" });
});
