import assert from "node:assert/strict";
import { test } from "node:test";
import { errnoName, errnoNumber, errnoText, SystemError } from "./errno.ts";

test("an errno has its usual name and text", () => {
  assert.equal(errnoName(errnoNumber.EPERM), "EPERM");
  assert.equal(errnoName(errnoNumber.EAGAIN), "EAGAIN");
  assert.equal(errnoName(4000), "errno 4000");
  assert.equal(errnoText(errnoNumber.EPERM), "operation not permitted");
  assert.equal(errnoText(4000), "errno 4000");
});

test("a SystemError contains the operation, the code, and the kernel's message if there is one", () => {
  const plain = new SystemError("socket", errnoNumber.EPERM);
  assert.equal(plain.operation, "socket");
  assert.equal(plain.errno, 1);
  assert.equal(plain.code, "EPERM");
  assert.equal(plain.message, "socket: operation not permitted (EPERM)");
  const worded = new SystemError("RTM_NEWADDR", errnoNumber.EINVAL, "ipv4: Invalid prefix length");
  assert.equal(worded.detail, "ipv4: Invalid prefix length");
  assert.equal(worded.message, "RTM_NEWADDR: ipv4: Invalid prefix length (EINVAL)");
});
