import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { expandBraces, findMatches, type ListDirectory, matchName } from "./glob.ts";

test("names match wildcards and sets", () => {
  const cases: readonly [pattern: string, name: string, wanted: boolean][] = [
    ["*", "a", true],
    ["*", ".a", false],
    [".*", ".a", true],
    ["*.conf", "x.conf", true],
    ["*.conf", "x.conf~", false],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-b-b", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["[a-c]1", "b1", true],
    ["[b-c]1", "a1", false],
    ["[b-c]1", "d1", false],
    ["[!a-c]1", "b1", false],
    ["[!a-c]1", "d1", true],
    ["[]a]", "]", true],
    ["[a", "[a", true],
    ["\\*", "*", true],
    ["\\*", "a", false],
    ["", "a", false],
  ];
  for (const [pattern, name, wanted] of cases) {
    assert.equal(matchName(pattern, name), wanted, `${pattern} ${name}`);
  }
});

test("many stars are matched in a short time", () => {
  assert.equal(matchName(`${"*a".repeat(200)}b`, "a".repeat(255)), false);
});

test("braces make alternatives, also nested ones", () => {
  assert.deepEqual(expandBraces("a{b,c{d,e}}f"), ["abf", "acdf", "acef"]);
  assert.deepEqual(expandBraces("{a,b}{1,2}"), ["a1", "a2", "b1", "b2"]);
  assert.deepEqual(expandBraces("a{b"), ["a{b"]);
  assert.deepEqual(expandBraces("{a,}x"), ["ax", "x"]);
  assert.equal(expandBraces("{a,b}".repeat(40)).length, 256);
});

test("patterns find the same files as in the shell", (context) => {
  const root = mkdtempSync(join(tmpdir(), "holdfast-glob-"));
  context.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "conf.d"));
  for (const name of ["b.conf", "a.conf", ".h.conf", "conf.d/2.conf", "conf.d/1.conf"]) {
    writeFileSync(join(root, name), "");
  }
  const list: ListDirectory = (path) => {
    try {
      return readdirSync(path);
    } catch {
      return undefined;
    }
  };
  const find = (pattern: string): string[] =>
    findMatches(pattern, root, list).paths.map((path) => path.slice(root.length + 1));
  assert.deepEqual(find("*.conf"), ["a.conf", "b.conf"]);
  assert.deepEqual(find("*/*.conf"), ["conf.d/1.conf", "conf.d/2.conf"]);
  assert.deepEqual(find("{b,a,c}.conf"), ["b.conf", "a.conf"]);
  assert.deepEqual(findMatches("{b,c}.conf", root, list).missing, ["c.conf"]);
  assert.deepEqual(find(`${root}/conf.d/../a.conf`), ["conf.d/../a.conf"]);
  assert.deepEqual(find("nothing*"), []);
  assert.deepEqual(findMatches("nothing", root, list).missing, ["nothing"]);
});
