import assert from "node:assert/strict";
import { test } from "node:test";
import { collectDiagnostics } from "../diagnostic/report.ts";
import { readLines } from "./lexer.ts";
import { type Grammar, parse, type Statement } from "./parser.ts";

/** `outer` and `inner` open blocks, `names` a list, `set` is a keyword without either. */
const grammar: Grammar = (path, keyword) => {
  if (path.length === 0) return keyword === "outer" ? "block" : undefined;
  if (keyword === "inner") return "block";
  if (keyword === "names") return "list";
  return keyword === "set" ? "keyword" : undefined;
};

function show(statements: readonly Statement[]): string {
  return statements
    .map(({ words, block }) => {
      const text = words.map((word) => word.text).join(" ");
      return block === undefined ? text : `${text} {${show(block)}}`;
    })
    .join("; ");
}

function tree(text: string): { tree: string; balanced: boolean; wrong: string[] } {
  const { report, list } = collectDiagnostics();
  const { statements, balanced } = parse(readLines(text, "f", report), grammar, report);
  const wrong = list.map(({ code, line, column }) => `${code} ${line}:${column}`);
  return { tree: show(statements), balanced, wrong };
}

test("blocks are parsed in every style of braces", () => {
  const wanted = { tree: "outer a {set 1; names {x; y}}", balanced: true, wrong: [] };
  assert.deepEqual(tree("outer a {\n set 1\n names {\n x\n y\n }\n}\n"), wanted);
  assert.deepEqual(tree("outer a\n{\nset 1\nnames\n{ x\ny }\n}"), wanted);
  assert.deepEqual(tree("outer a{set 1\nnames{x\ny}}"), wanted);
});

test("an empty block is a block", () => {
  assert.equal(tree("outer a { }\nouter b {}").tree, "outer a {}; outer b {}");
});

test("a missing opening brace is reported at the keyword, and its block is parsed", () => {
  assert.deepEqual(tree("outer a\n set 1\n}"), {
    tree: "outer a {set 1}",
    balanced: false,
    wrong: ["missing-opening-brace 1:1"],
  });
});

test("a missing closing brace is found at a block that cannot be nested there", () => {
  const text = "outer a {\nnames {\nx\n}\nouter b {\n}";
  assert.deepEqual(tree(text).wrong, ["missing-closing-brace 1:1"]);
  const within = "outer a {\n inner {\n set 1\n outer b {\n }\n}";
  assert.deepEqual(tree(within).wrong, ["missing-closing-brace 2:2"]);
  const inside = "outer a {\n names {\n x\n inner {\n }\n}";
  assert.deepEqual(tree(inside).wrong, ["missing-closing-brace 2:2"]);
});

test("a missing closing brace is found by the indentation of the next one", () => {
  const text = "outer a {\n inner {\n  set 1\n}\nouter b {\n}";
  assert.deepEqual(tree(text).wrong, ["missing-closing-brace 2:2"]);
  assert.deepEqual(tree("outer a {\n inner {\n  set 1\n} }").wrong, []);
});

test("a missing closing brace without a hint is reported at the innermost block", () => {
  assert.deepEqual(tree("outer a {\n inner {\n set 1\n").wrong, ["missing-closing-brace 2:2"]);
});

test("an extra closing brace is reported at its place", () => {
  assert.deepEqual(tree("outer a {\n}\n }\nouter b {\n}"), {
    tree: "outer a {}; outer b {}",
    balanced: false,
    wrong: ["extra-closing-brace 3:2"],
  });
});

test("a top-level block inside another block is found even if the numbers of braces match", () => {
  const swallowed = tree("outer a {\n inner {\n }\nouter b {\n set 1\n}\n}\nouter c {\n}");
  assert.deepEqual([swallowed.balanced, swallowed.wrong], [false, ["misplaced-block 4:1"]]);
  const deeper = tree("nope {\n nope {\n outer b {\n }\n }\n}");
  assert.deepEqual(deeper.wrong, ["misplaced-block 3:2"]);
});

test("a block after a keyword that takes none is skipped", () => {
  assert.deepEqual(tree("outer a {\n set 1 {\n set 2\n }\n set 3\n}"), {
    tree: "outer a {set 1 {set 2}; set 3}",
    balanced: true,
    wrong: ["unexpected-block 2:8"],
  });
});

test("a block after an unknown keyword is parsed without an error", () => {
  assert.deepEqual(tree("outer a {\n nope {\n set 2\n }\n}").wrong, []);
});

test("a brace without a keyword is reported", () => {
  assert.deepEqual(tree("{\n set 1\n}").wrong, ["unexpected-block 1:1"]);
});

test("the nesting of blocks is limited", () => {
  const { wrong, balanced } = tree("inner {\n".repeat(100));
  assert.equal(balanced, false);
  assert.deepEqual(wrong, ["nesting-too-deep 32:7"]);
});
