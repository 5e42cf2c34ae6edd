// Checks that docs/configuration.md matches the keyword tables. `npm run manual` writes it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { renderManual } from "../../src/config/keyword/manual.ts";
import { REGISTRY } from "../../src/config/registry.ts";
import { repositoryRoot } from "../support/repository.ts";

const root = repositoryRoot();

test("the manual is up to date", () => {
  const written = readFileSync(join(root, "docs/configuration.md"), "utf8");
  assert.ok(written === renderManual(REGISTRY.root.rows), "run `npm run build && npm run manual`");
});

test("the script that writes it parses", () => {
  const check = spawnSync(process.execPath, ["--check", join(root, "scripts", "manual.js")]);
  assert.equal(check.status, 0);
});
