// Tests the Internet checksum with the example of its RFC and sums by hand.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ip } from "../lib/ip.ts";
import { addOctets, finishChecksum, internetChecksum, pseudoHeaderSum } from "./checksum.ts";

test("the example of RFC 1071 section 3", () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  assert.equal(addOctets(0, bytes, 0, bytes.length), 0x2ddf0);
  assert.equal(internetChecksum(bytes), ~0xddf2 & 0xffff);
});

test("a last single octet is the upper half of a word", () => {
  assert.equal(internetChecksum(Uint8Array.of(0x12, 0x34, 0x56)), ~(0x1234 + 0x5600) & 0xffff);
});

test("only the given range is summed", () => {
  const bytes = Uint8Array.of(0xff, 0x12, 0x34, 0xff);
  assert.equal(internetChecksum(bytes, 1, 3), ~0x1234 & 0xffff);
  assert.equal(internetChecksum(bytes, 1, 2), ~0x1200 & 0xffff);
});

test("a sum of any size is folded", () => {
  const bytes = new Uint8Array(65535).fill(0xff);
  const sum = addOctets(addOctets(0, bytes, 0, 65535), bytes, 0, 65535);
  assert.equal(finishChecksum(sum), 0x01fe);
  assert.equal(finishChecksum(0xffff * 0x1_0000_0000), 0);
});

test("a pseudo header contains both addresses, the protocol and the length", () => {
  assert.equal(
    pseudoHeaderSum(ip("10.0.0.1"), ip("224.0.0.18"), 112, 16),
    0x0a00 + 0x0001 + 0xe000 + 0x0012 + 112 + 16,
  );
  assert.equal(
    pseudoHeaderSum(ip("fe80::1"), ip("ff02::12"), 112, 40),
    0xfe80 + 0x0001 + 0xff02 + 0x0012 + 112 + 40,
  );
});
