// Fuzz targets for the packet codecs and for the checks of received adverts: each returns a value that encodes to the
// same octets, or a reason.

import assert from "node:assert/strict";
import { ip } from "../../src/lib/ip.ts";
import { IPPROTO_VRRP } from "../../src/lib/vrrp.ts";
import { COUNTERS, newCounters } from "../../src/vrrp/router/counters.ts";
import { countReceived, type Expectation, receiveAdvert } from "../../src/vrrp/router/receive.ts";
import { emitArp, parseArp } from "../../src/wire/arp.ts";
import { emitEthernet, parseEthernet } from "../../src/wire/ethernet.ts";
import { emitIpv4, type Ipv4Packet, parseIpv4 } from "../../src/wire/ipv4.ts";
import { emitIpv6, parseIpv6 } from "../../src/wire/ipv6.ts";
import {
  emitVrrp,
  parseVrrp,
  virtualRouterIdOf,
  vrrpChecksumOf,
  vrrpFromIpv4,
  vrrpOctets,
} from "../../src/wire/vrrp.ts";
import { repairVrrpChecksum } from "../support/vrrp-packet.ts";
import { loadVectors } from "../vectors/load.ts";
import type { FuzzTarget } from "./fuzz.ts";

const adverts = ["vrrp-others.txt", "vrrp-refused.txt", "vrrp-tcpdump.txt"]
  .flatMap(loadVectors)
  .slice(0, 40)
  .map(({ frame }) => frame);
const frames = [...adverts, ...loadVectors("arp-gratuitous.txt").map(({ frame }) => frame)];
const overIpv4 = adverts.filter((frame) => frame[12] === 0x08 && frame[13] === 0x00);
const overIpv6 = adverts.filter((frame) => frame[12] === 0x86);

export const WIRE_TARGETS: readonly FuzzTarget[] = [
  { name: "ethernet", seeds: frames, check: checkEthernet },
  { name: "arp", seeds: frames.map((frame) => frame.slice(14)), check: checkArp },
  { name: "ipv4", seeds: overIpv4.map((frame) => frame.slice(14)), check: checkIpv4 },
  { name: "ipv6", seeds: overIpv6.map((frame) => frame.slice(14)), check: checkIpv6 },
  {
    name: "vrrp",
    seeds: [
      ...overIpv4.map((frame) => frame.slice(34)),
      ...overIpv6.map((frame) => frame.slice(54)),
    ],
    check: checkVrrp,
  },
  { name: "advert", seeds: overIpv4.map((frame) => frame.slice(14)), check: checkAdvert },
];

function checkEthernet(bytes: Uint8Array): void {
  const frame = parseEthernet(bytes);
  if (frame.kind === "refused") return;
  assert.deepEqual(emitEthernet(frame, frame.payload), bytes);
}

function checkArp(bytes: Uint8Array): void {
  const arp = parseArp(bytes);
  if (!arp.ok) return;
  assert.deepEqual(emitArp(arp.message), bytes.subarray(0, 28));
}

function checkIpv4(bytes: Uint8Array): void {
  const packet = parseIpv4(bytes);
  if (packet.kind === "refused") return;
  assert.equal(packet.headerOctets + packet.payload.length, packet.totalLength);
  assert.equal(packet.bytes.length, packet.totalLength);
  const again = parseIpv4(emitIpv4(packet, packet.payload));
  assert.notEqual(again.kind, "refused");
  const { bytes: _, headerOctets, totalLength, ...header } = again as Ipv4Packet;
  assert.equal(totalLength - headerOctets, packet.payload.length);
  for (const [field, value] of Object.entries(header)) {
    assert.deepEqual(packet[field as keyof Ipv4Packet], value);
  }
}

function checkIpv6(bytes: Uint8Array): void {
  const packet = parseIpv6(bytes);
  if (packet.kind === "refused") return;
  const again = emitIpv6(packet, packet.payload);
  assert.deepEqual(again, bytes.subarray(0, again.length));
}

function checkVrrp(bytes: Uint8Array): void {
  for (const family of [4, 6] as const) {
    const parsed = parseVrrp(bytes, family);
    if (!parsed.ok) continue;
    const ipv4 = family === 4;
    const path = {
      source: ip(ipv4 ? "192.0.2.1" : "fe80::1"),
      destination: ip(ipv4 ? "224.0.0.18" : "ff02::12"),
    };
    const again = emitVrrp(parsed.advert, path);
    assert.equal(again.length, bytes.length);
    assert.deepEqual(parseVrrp(again, family), parsed);
    const expected = parsed.advert.version === 2 ? "plain" : "withPseudoHeader";
    assert.ok([expected, "plain"].includes(vrrpChecksumOf(again, path) ?? "wrong"));
  }
}

const base: Expectation = {
  name: "VI_1",
  version: 2,
  virtualRouterId: 51,
  advertisementIntervalMicros: 1_000_000,
  authData: undefined,
  addresses: [ip("10.9.0.100"), ip("10.9.0.101")],
  unicast: false,
  unicastSources: undefined,
  v3ChecksumAsV2: false,
  skipCheckAdvAddr: false,
  ignoreAll: false,
};
const expectations: readonly Expectation[] = [
  base,
  { ...base, authData: Buffer.from("abcdefgh").toString("hex") },
  { ...base, version: 3 },
  { ...base, version: 3, v3ChecksumAsV2: true, skipCheckAdvAddr: true },
  { ...base, version: 3, unicast: true, unicastSources: new Set([ip("10.9.0.1")]) },
];

/** Checks the packet as it is, and with a corrected checksum, which most edits break. */
function checkAdvert(bytes: Uint8Array): void {
  const packet = parseIpv4(bytes);
  if (packet.kind === "refused") return;
  const repaired = parseIpv4(bytes.slice()) as Ipv4Packet;
  repairVrrpChecksum(repaired);
  for (const each of [packet, repaired]) {
    for (const expected of expectations) checkReceived(each, expected);
  }
}

function checkReceived(packet: Ipv4Packet, expected: Expectation): void {
  const { payload } = packet;
  assert.equal(virtualRouterIdOf(payload) !== undefined, payload.length >= 8);
  assert.equal(vrrpFromIpv4(packet.bytes) !== undefined, packet.protocol === IPPROTO_VRRP);
  const received = receiveAdvert(packet, expected, ip("10.9.0.1"));
  const counters = newCounters();
  countReceived(counters, received);
  const texts = received.kind === "refused" ? [received] : received.notes;
  for (const { text } of texts) assert.match(text, /^\(VI_1\) [^\n]{1,200}$/);
  if (received.kind === "refused") {
    assert.ok(received.reason in COUNTERS && counters[received.reason] === 1);
    return;
  }
  assert.equal(counters.advertRcvd, 1);
  const parsed = parseVrrp(payload);
  assert.ok(parsed.ok);
  assert.equal(parsed.advert.version, expected.version);
  assert.equal(parsed.advert.priority, received.advert.priority);
  const { advertisementIntervalMicros } = parsed.advert;
  assert.equal(advertisementIntervalMicros, received.advert.advertisementIntervalMicros);
  assert.equal(payload.length, vrrpOctets(expected.version, parsed.advert.addresses.length));
  assert.notEqual(vrrpChecksumOf(payload, packet), undefined);
}
