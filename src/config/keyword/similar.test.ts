import assert from "node:assert/strict";
import { test } from "node:test";
import { REGISTRY } from "../registry.ts";
import { editDistance, longer, nearest, unglued } from "./similar.ts";

const { homesOf, keywordsIn } = REGISTRY.vocabulary;

test("edit distance counts swaps as one", () => {
  assert.equal(editDistance("", "abc"), 3);
  assert.equal(editDistance("abc", "acb"), 1);
  assert.equal(editDistance("kitten", "sitting"), 3);
});

test("the nearest keyword is suggested only if it is similar", () => {
  assert.equal(nearest("nopremt", keywordsIn(["vrrp_instance"])), "nopreempt");
  assert.equal(nearest("virtual_ipadress", keywordsIn(["vrrp_instance"])), "virtual_ipaddress");
  assert.equal(nearest("INTERFACE", keywordsIn(["vrrp_instance"])), "interface");
  assert.equal(nearest("xyz", keywordsIn(["vrrp_instance"])), undefined);
  assert.equal(nearest("constructor", keywordsIn([])), undefined);
});

test("a part of a keyword, and a keyword joined to a name, are recognized", () => {
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
