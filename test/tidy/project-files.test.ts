// The house rules apply to the files tracked by git, or, in a copy without git, to files that look like the project's.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { readProject } from "./project-files.ts";

const OWN = ["README.md", "bin/run", "src/main.ts"];
const STRAY = ["Output.LOG", "src/Core.1234", "trace.pcap"];

const withoutGit = spawnSync("git", ["--version"]).status === 0 ? false : "needs git";

/** Creates a folder with `paths`. */
function folderWith(t: TestContext, paths: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), "holdfast-project-"));
  t.after(() => rmSync(root, { recursive: true }));
  write(root, paths);
  return root;
}

function write(root: string, paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
}

function git(root: string, ...words: string[]): void {
  const { PATH } = process.env;
  const { status, stderr } = spawnSync("git", words, {
    cwd: root,
    env: { PATH },
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
}

function pathsOf(root: string): string[] {
  return readProject(root).map(({ path }) => path);
}

test("reads existing tracked files in a checkout", { skip: withoutGit }, (t) => {
  const root = folderWith(t, [...OWN, "src/deleted.ts", ".ci/run"]);
  git(root, "init", "--quiet");
  git(root, "add", ".");
  write(root, [...STRAY, "src/notes.md", "Draft.md"]);
  rmSync(join(root, "src/deleted.ts"));
  assert.deepEqual(pathsOf(root), [".ci/run", ...OWN]);
});

test("reads tracked files in another user's checkout", { skip: withoutGit }, (t) => {
  if (process.getuid?.() !== 0) return t.skip("needs root");
  const root = folderWith(t, OWN);
  git(root, "init", "--quiet");
  git(root, "add", ".");
  write(root, ["Draft.md"]);
  for (const path of [".", ".git"]) chownSync(join(root, path), 65_534, 65_534);
  assert.deepEqual(pathsOf(root), OWN);
});

test("reads all matching files in a copy inside another repository", { skip: withoutGit }, (t) => {
  const outer = folderWith(t, []);
  git(outer, "init", "--quiet");
  write(join(outer, "copy"), [...OWN, ...STRAY]);
  assert.deepEqual(pathsOf(join(outer, "copy")), OWN);
});

test("reads all matching files in a copy without git", (t) => {
  const root = folderWith(t, [...OWN, ".gitignore", ...STRAY, "node_modules/a/index.js"]);
  assert.deepEqual(pathsOf(root), [".gitignore", ...OWN]);
});

test("reads all matching files if git fails", (t) => {
  const root = folderWith(t, [...OWN, ...STRAY, ".git/HEAD"]);
  assert.deepEqual(pathsOf(root), OWN);
});
