import assert from "node:assert/strict";
import { test } from "node:test";
import packaged from "koffi";
import { koffi } from "./koffi.ts";

test("the native part is the one that koffi itself loads", () => {
  assert.equal(koffi.version, packaged.version);
  for (const name of ["load", "errno", "address", "view", "alloc", "register", "proto", "node"]) {
    assert.ok(name in koffi, name);
  }
});
