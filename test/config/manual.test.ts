// docs/configuration.md is what the keyword tables say; `npm run manual` writes it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { KNOWN } from "../../src/config/keyword/known.ts";
import { parseKnownKeywords, renderManual } from "../../src/config/keyword/manual.ts";
import { repositoryRoot } from "../support/repository.ts";

const root = repositoryRoot();
const tsv = readFileSync(join(root, "src/config/keyword/keywords.tsv"), "utf8");

test("the manual is current", () => {
  const written = readFileSync(join(root, "docs/configuration.md"), "utf8");
  assert.ok(
    written === renderManual(parseKnownKeywords(tsv)),
    "run `npm run build && npm run manual`",
  );
});

test("the table of known keywords is current", () => {
  const words = (path: string): string[] =>
    (KNOWN[path] ?? [])
      .flatMap((row) => row.split(" "))
      .map((word) => word.replace(/[{[=@'~]+$/, ""));
  const rows = parseKnownKeywords(tsv);
  for (const path of new Set(rows.map((row) => row.path.join("/")))) {
    const wanted = rows.filter((row) => row.path.join("/") === path).map((row) => row.keyword);
    assert.deepEqual(words(path), wanted, "run `node scripts/keywords.js`");
  }
});

test("the scripts that write both parse", () => {
  for (const script of ["manual.js", "keywords.js"]) {
    const check = spawnSync(process.execPath, ["--check", join(root, "scripts", script)]);
    assert.equal(check.status, 0, script);
  }
});
