import assert from "node:assert/strict";
import { test } from "node:test";
import { addressKey, hostKey, parsePrefix, prefix, prefixText } from "./prefix.ts";

test("a parsed prefix is written back with its address in canonical spelling", () => {
  for (const text of ["192.0.2.1/24", "0.0.0.0/0", "192.0.2.1/32", "2001:db8::1/64", "::/0"]) {
    assert.equal(prefixText(prefix(text)), text);
  }
  assert.equal(prefixText(prefix("2001:DB8:0::1/128")), "2001:db8::1/128");
});

test("an address without a length has the length of a single address", () => {
  assert.deepEqual(prefix("192.0.2.1"), { address: "192.0.2.1", prefixLength: 32 });
  assert.deepEqual(prefix("fe80::1"), { address: "fe80::1", prefixLength: 128 });
});

test("anything else is refused", () => {
  const wrong = ["", "/24", "192.0.2.1/", "192.0.2.1/33", "fe80::1/129", "192.0.2.1/+1"];
  for (const text of [...wrong, "192.0.2.1/024", "192.0.2/24", "192.0.2.1/24/24"]) {
    assert.equal(parsePrefix(text), undefined, text);
    assert.throws(() => prefix(text), RangeError);
  }
});

test("keys distinguish interfaces and addresses, and prefix lengths where they matter", () => {
  const entry = { interface: "eth0", ...prefix("192.0.2.1/24") };
  const others = [
    { ...entry, interface: "eth1" },
    { ...entry, ...prefix("192.0.2.2/24") },
  ];
  for (const other of others) {
    assert.notEqual(addressKey(other), addressKey(entry));
    assert.notEqual(hostKey(other), hostKey(entry));
  }
  const wider = { ...entry, prefixLength: 16 };
  assert.notEqual(addressKey(wider), addressKey(entry));
  assert.equal(hostKey(wider), hostKey(entry));
});
