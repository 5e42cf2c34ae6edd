// Tests the IPv6 header: round trip and refusals.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ip } from "../lib/ip.ts";
import { emitIpv6, type Ipv6Header, parseIpv6 } from "./ipv6.ts";

const header: Ipv6Header = {
  source: ip("fe80::1"),
  destination: ip("ff02::12"),
  nextHeader: 112,
  hopLimit: 255,
  trafficClass: 0xc3,
  flowLabel: 0x54321,
};
const payload = Uint8Array.of(1, 2, 3);

test("an emitted packet is parsed to the same value, in a dirty buffer", () => {
  const bytes = emitIpv6(header, payload, new Uint8Array(60).fill(0xa5));
  assert.deepEqual(bytes, emitIpv6(header, payload));
  assert.deepEqual([...bytes.subarray(0, 8)], [0x6c, 0x35, 0x43, 0x21, 0, 3, 112, 255]);
  assert.deepEqual(parseIpv6(bytes), { kind: "ipv6", ...header, payload });
  assert.deepEqual(parseIpv6(new Uint8Array([...bytes, 7])), parseIpv6(bytes));
});

test("an incomplete packet is refused", () => {
  const bytes = emitIpv6(header, payload);
  assert.deepEqual(parseIpv6(bytes.subarray(0, 39)), { kind: "refused", reason: "truncated" });
  assert.deepEqual(parseIpv6(bytes.subarray(0, 42)), {
    kind: "refused",
    reason: "payloadLengthErr",
  });
  bytes[0] = 0x45;
  assert.deepEqual(parseIpv6(bytes), { kind: "refused", reason: "notIpv6" });
});
