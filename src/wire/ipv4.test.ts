// Tests the IPv4 header: round trip, padding, options, and refusals.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ip } from "../lib/ip.ts";
import { emitIpv4, type Ipv4Header, type Ipv4Packet, parseIpv4 } from "./ipv4.ts";

const header: Ipv4Header = {
  source: ip("192.0.2.1"),
  destination: ip("224.0.0.18"),
  protocol: 112,
  ttl: 255,
  tos: 0xc0,
  identification: 0x1234,
  dontFragment: true,
};
const payload = Uint8Array.of(1, 2, 3, 4, 5);

function packet(): Uint8Array {
  return emitIpv4(header, payload);
}

function changed(...edits: readonly [offset: number, value: number][]): Uint8Array {
  const bytes = packet();
  for (const [offset, value] of edits) bytes[offset] = value;
  return bytes;
}

test("an emitted packet is parsed to the same value, in a dirty buffer", () => {
  const dirty = new Uint8Array(40).fill(0xa5);
  const bytes = emitIpv4(header, payload, dirty);
  assert.deepEqual(bytes, packet());
  assert.deepEqual(parseIpv4(bytes), {
    kind: "ipv4",
    ...header,
    totalLength: 25,
    headerOctets: 20,
    bytes,
    payload,
  });
  assert.equal(dirty[25], 0xa5);
});

test("a payload may already be in its place", () => {
  const room = new Uint8Array(25);
  room.set(payload, 20);
  assert.deepEqual(emitIpv4(header, room.subarray(20), room), packet());
});

test("octets after the total length are padding", () => {
  const padded = new Uint8Array([...packet(), 0, 0, 0]);
  assert.deepEqual(parseIpv4(padded), parseIpv4(packet()));
});

test("a large packet and a header without payload are parsed to the same values", () => {
  for (const octets of [0, 235, 236, 1_480, 65_515]) {
    const bytes = emitIpv4(header, new Uint8Array(octets).fill(7));
    const parsed = parseIpv4(bytes) as Ipv4Packet;
    assert.deepEqual([parsed.totalLength, parsed.payload.length], [20 + octets, octets]);
  }
});

test("options are skipped", () => {
  const bytes = new Uint8Array([...packet().subarray(0, 20), 0x94, 4, 0, 0, ...payload]);
  bytes[0] = 0x46;
  bytes[3] = 29;
  const parsed = parseIpv4(bytes) as Ipv4Packet;
  assert.equal(parsed.headerOctets, 24);
  assert.deepEqual(parsed.payload, payload);
});

const refused = {
  truncated: packet().subarray(0, 19),
  notIpv4: changed([0, 0x65]),
  headerLengthErr: changed([0, 0x44]),
  totalLengthErr: packet().subarray(0, 24),
  fragment: changed([6, 0x20]),
};

for (const [reason, bytes] of Object.entries(refused)) {
  test(`${reason} is refused`, () => {
    assert.deepEqual(parseIpv4(bytes), { kind: "refused", reason });
  });
}

test("a header longer than the packet and a later fragment are refused", () => {
  assert.deepEqual(parseIpv4(changed([3, 19])), { kind: "refused", reason: "headerLengthErr" });
  assert.deepEqual(parseIpv4(changed([7, 1])), { kind: "refused", reason: "fragment" });
});
