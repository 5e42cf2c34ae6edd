// Tests the text and byte forms of Ethernet addresses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mac, macFromBytes, macToBytes, parseMac } from "./mac.ts";

test("a text has one canonical spelling", () => {
  assert.equal(parseMac("00:00:5E:00:01:0A"), "00:00:5e:00:01:0a");
  for (const text of [
    "",
    "00:00:5e:00:01",
    "00:00:5e:00:01:0a:00",
    "0:0:5e:0:1:a",
    "g0:00:5e:00:01:0a",
  ]) {
    assert.equal(parseMac(text), undefined, text);
    assert.throws(() => mac(text), RangeError);
  }
});

test("bytes and text are converted to each other", () => {
  const bytes = Uint8Array.of(9, 0x02, 0x00, 0xab, 0xcd, 0x0e, 0xff);
  assert.equal(macFromBytes(bytes, 1), "02:00:ab:cd:0e:ff");
  assert.deepEqual(macToBytes(mac("02:00:ab:cd:0e:ff")), bytes.subarray(1));
});
