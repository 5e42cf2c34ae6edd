import assert from "node:assert/strict";
import { test } from "node:test";
import { collectDiagnostics } from "../diagnostic/report.ts";
import { cutStart, type Piece, readLines, splitLine, utf8Length } from "./lexer.ts";

/** The words and braces of `text`, one line each, and the codes of the errors. */
function lex(text: string): { lines: string[]; codes: string[] } {
  const { report, list } = collectDiagnostics();
  const show = (piece: Piece): string =>
    piece.kind === "words"
      ? piece.words.map((word) => (word.quoted ? `"${word.text}"` : word.text)).join(" ")
      : piece.kind === "open"
        ? "{"
        : "}";
  const lines = readLines(text, "f", report).map((line) =>
    splitLine(line, report).map(show).join(" | "),
  );
  return { lines, codes: list.map(({ code }) => code) };
}

test("comments begin at ! or #, with or without a blank before", () => {
  assert.deepEqual(lex("a b # c\nd!e\n# all\n! all\n\n  f").lines, ["a b", "d", "f"]);
});

test("double quotes hide comment signs, blanks and braces; single quotes don't", () => {
  assert.deepEqual(lex('a "b # ! {c} d" e').lines, ['a "b # ! {c} d" e']);
  assert.deepEqual(lex("a 'b # c'").lines, ["a 'b"]);
});

test("a backslash makes a comment sign a character", () => {
  assert.deepEqual(lex("a \\#b c\\!d # e").lines, ["a #b c!d"]);
  assert.deepEqual(lex('"a \\# b"').lines, ['"a \\# b"']);
  assert.deepEqual(lex("a\\b c").lines, ["a\\b c"], "and stays before all else");
});

test("a quote ends a word and begins another one", () => {
  assert.deepEqual(lex('ab"c d"ef').lines, ['ab "c d" ef']);
});

test("a brace is a word of its own at any position", () => {
  assert.deepEqual(lex("a{b}c").lines, ["a | { | b | } | c"]);
  assert.deepEqual(lex("}{ a").lines, ["} | { | a"]);
});

test("a trailing backslash stays, since there are no continued lines", () => {
  assert.deepEqual(lex("a b \\\nc").lines, ["a b\\", "c"]);
});

test("carriage returns before the end of a line are removed", () => {
  assert.deepEqual(lex("a b\r\nc\r\r\n").lines, ["a b", "c"]);
});

test("a line with a NUL is reported and dropped", () => {
  assert.deepEqual(lex("a\nb\0c\nd"), { lines: ["a", "d"], codes: ["embedded-nul"] });
});

test("a line of 1022 octets is accepted, a longer one is not", () => {
  assert.equal(lex("x".repeat(1022)).codes.length, 0);
  assert.deepEqual(lex(`a\n${"x".repeat(1023)}\nb`), {
    lines: ["a", "b"],
    codes: ["line-too-long"],
  });
  assert.deepEqual(lex("é".repeat(512)).codes, ["line-too-long"]);
  assert.equal(lex("é".repeat(511)).codes.length, 0);
});

test("an unclosed quote is reported once and drops the rest of the line", () => {
  assert.deepEqual(lex('a "b c\nd'), { lines: ["a", "d"], codes: ["unmatched-quote"] });
});

test("positions are those of the original line", () => {
  const { report } = collectDiagnostics();
  const [line] = readLines('\t  ab \\#c "d e" f # g', "f", report);
  assert.ok(line !== undefined);
  const [piece] = splitLine(line, report);
  assert.ok(piece?.kind === "words");
  const places = piece.words.map(({ column, length }) => [column, length]);
  assert.deepEqual(places, [
    [4, 2],
    [8, 2],
    [11, 5],
    [17, 1],
  ]);
});

test("removing the start of a line does not change positions in the rest", () => {
  const { report } = collectDiagnostics();
  const [line] = readLines("  @id \\#a b", "f", report);
  assert.ok(line !== undefined);
  const rest = cutStart(line, 4);
  assert.equal(rest.text, "#a b");
  const [piece] = splitLine(rest, report);
  assert.ok(piece?.kind === "words");
  assert.deepEqual(
    piece.words.map(({ column }) => column),
    [8, 11],
  );
});

test("utf8Length agrees with the encoder", () => {
  for (const text of [
    "",
    "a",
    "\x7f\x80",
    "é",
    "\u07ff\u0800",
    "€",
    "\ud7ff\ue000",
    "😀",
    "aé€😀z",
  ]) {
    assert.equal(utf8Length(text), new TextEncoder().encode(text).length);
  }
});
