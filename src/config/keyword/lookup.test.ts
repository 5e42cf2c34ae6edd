import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repositoryRoot } from "../../../test/support/repository.ts";
import { GLOBAL_KEYWORDS, ROOT_KEYWORDS } from "../global/global.ts";
import { AUTHENTICATION_KEYWORDS, INSTANCE_KEYWORDS } from "../vrrp/vrrp-instance.ts";
import { SCRIPT_KEYWORDS } from "../vrrp/vrrp-script.ts";
import { editDistance, grammar, homesOf, keywordsIn, longer, nearest, unglued } from "./lookup.ts";
import { goWithout } from "./not-implemented.ts";

const TABLES: readonly [path: readonly string[], keywords: readonly string[]][] = [
  [[], ROOT_KEYWORDS.map((row) => row.keyword)],
  [["global_defs"], GLOBAL_KEYWORDS.map((row) => row.keyword)],
  [["vrrp_script"], SCRIPT_KEYWORDS.map((row) => row.keyword)],
  [["vrrp_instance"], INSTANCE_KEYWORDS.map((row) => row.keyword)],
  [["vrrp_instance", "authentication"], AUTHENTICATION_KEYWORDS.map((row) => row.keyword)],
];

test("every keyword of the facts is known in its place", () => {
  const rows = readFileSync(join(repositoryRoot(), "src/config/keyword/keywords.tsv"), "utf8")
    .trim()
    .split("\n")
    .slice(1);
  for (const row of rows) {
    const [path = "", keyword = "", kind = ""] = row.split("\t");
    const found = grammar(path === "" ? [] : path.split("/"), keyword);
    assert.equal(found === "list" ? "block" : found, kind, `${path}/${keyword}`);
  }
});

test("every row of the tables is a keyword of its block, once", () => {
  for (const [path, keywords] of TABLES) {
    assert.equal(new Set(keywords).size, keywords.length);
    for (const keyword of keywords)
      assert.ok(grammar(path, keyword), `${path.join("/")}/${keyword}`);
  }
});

test("what a daemon may go without exists, and is not implemented", () => {
  for (const entry of goWithout()) {
    const path = entry
      .split("/")
      .slice(0, -1)
      .filter((part) => part !== "");
    const keyword = entry.slice(entry.lastIndexOf("/") + 1);
    assert.ok(grammar(path, keyword), entry);
    const table = TABLES.find(([at]) => at.join("/") === path.join("/"));
    assert.ok(!table?.[1].includes(keyword), `${entry} is implemented`);
  }
});

test("edit distance counts swaps as one", () => {
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("abc", "acb"), 1);
  assert.equal(editDistance("kitten", "sitting"), 3);
});

test("the nearest keyword is offered only when it is near", () => {
  assert.equal(nearest("nopremt", keywordsIn(["vrrp_instance"])), "nopreempt");
  assert.equal(nearest("virtual_ipadress", keywordsIn(["vrrp_instance"])), "virtual_ipaddress");
  assert.equal(nearest("INTERFACE", keywordsIn(["vrrp_instance"])), "interface");
  assert.equal(nearest("xyz", keywordsIn(["vrrp_instance"])), undefined);
  assert.equal(nearest("constructor", keywordsIn([])), undefined);
});

test("a part of a keyword, and a keyword with a name glued to it, are found", () => {
  assert.equal(longer("script_security", keywordsIn(["global_defs"])), "enable_script_security");
  assert.equal(longer("garp_master_delay", keywordsIn(["global_defs"])), "vrrp_garp_master_delay");
  assert.equal(longer("virtual", keywordsIn(["vrrp_instance"])), undefined, "too many");
  assert.equal(longer("user", keywordsIn(["global_defs"])), undefined, "too short");
  assert.equal(unglued("vrrp_script_chk", keywordsIn([])), "vrrp_script chk");
  assert.equal(unglued("vrrp_scripts", keywordsIn([])), undefined);
});

test("a keyword is found in the blocks that have it", () => {
  assert.deepEqual(homesOf("advert_int"), ["vrrp_instance"]);
  assert.deepEqual(homesOf("toString"), []);
});
