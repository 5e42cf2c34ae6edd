import assert from "node:assert/strict";
import { test } from "node:test";
import { environmentWithoutTls } from "./child-start.ts";

test("a child gets the environment without the certificates that Node would read first", (t) => {
  const before = process.env["NODE_EXTRA_CA_CERTS"];
  t.after(() => {
    if (before === undefined) delete process.env["NODE_EXTRA_CA_CERTS"];
    else process.env["NODE_EXTRA_CA_CERTS"] = before;
  });
  process.env["NODE_EXTRA_CA_CERTS"] = "/nonexistent";
  const environment = environmentWithoutTls();
  assert.equal("NODE_EXTRA_CA_CERTS" in environment, false);
  assert.equal(environment["PATH"], process.env["PATH"]);
  // The scripts' environment comes from ours.
  assert.equal(process.env["NODE_EXTRA_CA_CERTS"], "/nonexistent");
});
