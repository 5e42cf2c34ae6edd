// Tests ARP: round trip, refusals, and the frame that moves an address.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ip } from "../lib/ip.ts";
import { mac } from "../lib/mac.ts";
import { ARPOP_REPLY, type ArpMessage, emitArp, emitGratuitousArp, parseArp } from "./arp.ts";

const reply: ArpMessage = {
  operation: ARPOP_REPLY,
  senderMac: mac("02:00:00:00:00:0a"),
  senderIp: ip("192.0.2.1"),
  targetMac: mac("02:00:00:00:00:0b"),
  targetIp: ip("192.0.2.2"),
};

test("an emitted message is parsed to the same value, in a dirty buffer", () => {
  const bytes = emitArp(reply, new Uint8Array(50).fill(0xa5));
  assert.equal(bytes.length, 28);
  assert.deepEqual(parseArp(bytes), { ok: true, message: reply });
  const unknown = { ...reply, operation: 0x0102 };
  assert.deepEqual(parseArp(emitArp(unknown)), { ok: true, message: unknown });
});

test("other messages than ARP for IPv4 over Ethernet are refused", () => {
  const bytes = emitArp(reply);
  assert.deepEqual(parseArp(bytes.subarray(0, 27)), { ok: false, refusal: "truncated" });
  for (const offset of [0, 1, 2, 3, 4, 5]) {
    const other = bytes.slice();
    other[offset] = 0x77;
    assert.deepEqual(parseArp(other), { ok: false, refusal: "notIpv4OverEthernet" });
  }
});

test("a gratuitous ARP is a broadcast request for the sender's own address", () => {
  const frame = emitGratuitousArp(mac("02:00:00:00:00:0a"), ip("192.0.2.9"));
  assert.equal(
    Buffer.from(frame).toString("hex"),
    "ffffffffffff02000000000a08060001080006040001" + "02000000000ac0000209ffffffffffffc0000209",
  );
});
