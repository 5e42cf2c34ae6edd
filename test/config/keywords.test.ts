// Compares the rows of all blocks with the keywords of keepalived 2.4.3 in keepalived-keywords.tsv.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Row } from "../../src/config/keyword/row.ts";
import { REGISTRY } from "../../src/config/registry.ts";
import { repositoryRoot } from "../support/repository.ts";

/** Keywords that keepalived does not have. */
const OURS = [
  "global_defs/config_strict",
  "global_defs/script_shortage_limit",
  "global_defs/vip_lease",
];

interface Known {
  readonly id: string;
  readonly kind: string;
  readonly isRepeatable: boolean;
  readonly isDeprecated: boolean;
}

function keepalivedKeywords(): Known[] {
  const path = join(repositoryRoot(), "test/config/keepalived-keywords.tsv");
  const [, ...lines] = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [block = "", keyword = "", kind = "", flags = ""] = line.split("\t");
    return {
      id: block === "" ? keyword : `${block}/${keyword}`,
      kind,
      isRepeatable: flags.includes("repeatable"),
      isDeprecated: flags.includes("deprecated"),
    };
  });
}

function ourKeywords(rows: readonly Row[], path = ""): Known[] {
  return rows.flatMap((row) => {
    const id = path === "" ? row.keyword : `${path}/${row.keyword}`;
    const known = {
      id,
      kind: row.kind === "list" ? "block" : row.kind,
      isRepeatable: row.repeat === "adds",
      isDeprecated: row.isDeprecated,
    };
    return [known, ...("inner" in row ? ourKeywords(row.inner.rows, id) : [])];
  });
}

const byId = (a: Known, b: Known): number => (a.id < b.id ? -1 : 1);

test("the rows are keepalived's keywords and holdfast's own, with their kinds and flags", () => {
  const ours = ourKeywords(REGISTRY.root.rows);
  const theirs = ours.filter(({ id }) => !OURS.includes(id));
  assert.equal(ours.length - theirs.length, OURS.length);
  const known = keepalivedKeywords().map((keyword) =>
    // Its two keywords are each checked for repetition, the block is not.
    keyword.id === "vrrp_instance/authentication" ? { ...keyword, isRepeatable: true } : keyword,
  );
  assert.deepEqual(theirs.toSorted(byId), known.toSorted(byId));
});

test("a keyword is in its block once, and every row describes its meaning", () => {
  const check = (rows: readonly Row[], path: string): void => {
    const keywords = rows.map(({ keyword }) => keyword);
    assert.deepEqual(keywords, [...new Set(keywords)], path);
    for (const row of rows) {
      assert.match(row.means, /\.$/, `${path}/${row.keyword}`);
      if ("inner" in row) check(row.inner.rows, `${path}/${row.keyword}`);
    }
  };
  check(REGISTRY.root.rows, "");
});

test("rows inherit from built keywords of global_defs", () => {
  for (const { blocks } of REGISTRY.subsystems) {
    for (const row of blocks.flatMap(({ table }) => [...table.byField.values()])) {
      if (row.fallback.kind !== "inherited") continue;
      const source = REGISTRY.global.byKeyword.get(row.fallback.from.keyword);
      assert.ok(source?.isBuilt, row.keyword);
    }
  }
});
