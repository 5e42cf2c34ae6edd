// Tests VRRP messages: round trips in both versions and families, checksums, and refusals.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ip } from "../lib/ip.ts";
import { CENTISECOND, SECOND } from "../lib/micros.ts";
import { IPPROTO_VRRP } from "../lib/vrrp.ts";
import { internetChecksum, pseudoHeaderSum } from "./checksum.ts";
import { emitIpv4 } from "./ipv4.ts";
import {
  emitVrrp,
  type ParsedVrrp,
  parseVrrp,
  type VrrpAdvert,
  virtualRouterIdOf,
  vrrpChecksumOf,
  vrrpFromIpv4,
  vrrpOctets,
} from "./vrrp.ts";

const path = { source: ip("192.0.2.1"), destination: ip("224.0.0.18") };
const ipv6Path = { source: ip("fe80::1"), destination: ip("ff02::12") };

const second: VrrpAdvert = {
  version: 2,
  virtualRouterId: 51,
  priority: 150,
  advertisementIntervalMicros: SECOND,
  addresses: [ip("192.0.2.100"), ip("198.51.100.7")],
};
const third: VrrpAdvert = {
  ...second,
  version: 3,
  advertisementIntervalMicros: 4095 * CENTISECOND,
};
const withPassword: VrrpAdvert = { ...second, auth: { type: 1, data: "6162636465666768" } };
const ipv6: VrrpAdvert = { ...third, addresses: [ip("fe80::2"), ip("2001:db8::1")] };

for (const [name, advert, between] of [
  ["version 2", second, path],
  ["version 2 with a password", withPassword, path],
  ["version 2 with an empty one", { ...second, auth: { type: 1, data: "00".repeat(8) } }, path],
  ["version 3", third, path],
  ["version 3 over IPv6", ipv6, ipv6Path],
  ["no address at all", { ...third, addresses: [] }, path],
] as const) {
  test(`${name} is parsed to the same value, in a dirty buffer`, () => {
    const buffer = new Uint8Array(80).fill(0xa5);
    const bytes = emitVrrp(advert, between, buffer);
    assert.equal(bytes.buffer, buffer.buffer);
    assert.deepEqual(bytes, emitVrrp(advert, between));
    assert.deepEqual(parseVrrp(bytes, between === path ? 4 : 6), { ok: true, advert });
  });
}

test("version 2 always ends with eight octets of authentication data, and the checksum covers them", () => {
  const bytes = emitVrrp(withPassword, path);
  assert.equal(bytes.length, 8 + 2 * 4 + 8);
  assert.equal(Buffer.from(bytes.subarray(-8)).toString(), "abcdefgh");
  assert.equal(internetChecksum(bytes), 0);
  assert.deepEqual(emitVrrp(second, path).subarray(-8), new Uint8Array(8));
});

test("the longest advert has 255 addresses", () => {
  const addresses = Array.from({ length: 255 }, (_, index) => ip(`10.0.0.${index}`));
  const advert = { ...third, addresses };
  assert.deepEqual(parseVrrp(emitVrrp(advert, path)), { ok: true, advert });
  assert.throws(() => emitVrrp({ ...third, addresses: [...addresses, ip("10.0.1.0")] }, path));
});

test("the checksum of version 3 over IPv4 is written with or without the pseudo header", () => {
  assert.equal(vrrpChecksumOf(emitVrrp(third, path), path), "withPseudoHeader");
  const plain = emitVrrp(third, { ...path, checksumAsV2: true });
  assert.equal(vrrpChecksumOf(plain, path), "plain");
  assert.equal(internetChecksum(plain), 0);
  assert.equal(vrrpChecksumOf(emitVrrp(second, { ...path, checksumAsV2: true }), path), "plain");
});

test("the checksum over IPv6 always has the pseudo header", () => {
  const bytes = emitVrrp(ipv6, { ...ipv6Path, checksumAsV2: true });
  assert.equal(vrrpChecksumOf(bytes, ipv6Path), "withPseudoHeader");
});

test("a checksum that is wrong both ways is detected", () => {
  for (const advert of [second, third]) {
    const bytes = emitVrrp(advert, path);
    bytes[2] = 7;
    assert.equal(vrrpChecksumOf(bytes, path), undefined);
  }
  const pseudoOnVersion2 = emitVrrp(third, path);
  pseudoOnVersion2[0] = 0x21;
  assert.equal(vrrpChecksumOf(pseudoOnVersion2, path), undefined);
});

test("the interval of version 3 has twelve bits; the four bits before are ignored", () => {
  const bytes = Uint8Array.of(0x31, 0, 0, 0, 0xf1, 0x2c, 0, 0);
  assert.equal(intervalOf(bytes), 300 * CENTISECOND);
  bytes[0] = 0x21;
  assert.equal(intervalOf(new Uint8Array([...bytes, ...new Uint8Array(8)])), 44 * SECOND);
});

function intervalOf(bytes: Uint8Array): number | undefined {
  const parsed = parseVrrp(bytes);
  return parsed.ok ? parsed.advert.advertisementIntervalMicros : undefined;
}

const refusals = {
  packetLenErr: [
    new Uint8Array(0),
    emitVrrp(second, path).subarray(0, 7),
    emitVrrp(second, path).subarray(0, -1),
    new Uint8Array([...emitVrrp(third, path), 0]),
  ],
  versionErr: [new Uint8Array(16), Uint8Array.of(0x41, 1, 1, 0, 0, 0, 0, 0)],
};

for (const [refusal, messages] of Object.entries(refusals)) {
  test(`${refusal} is refused`, () => {
    for (const bytes of messages) assert.equal(refusalOf(parseVrrp(bytes)), refusal);
  });
}

function refusalOf(parsed: ParsedVrrp): string | undefined {
  return parsed.ok ? undefined : parsed.refusal;
}

test("a refusal contains the version and the length according to the header", () => {
  const tooLong = parseVrrp(new Uint8Array([...emitVrrp(second, path), 0]));
  assert.deepEqual(tooLong, {
    ok: false,
    refusal: "packetLenErr",
    version: 2,
    expectedOctets: 24,
  });
  const tooShort = { ok: false, refusal: "packetLenErr", version: 0, expectedOctets: 8 };
  assert.deepEqual(parseVrrp(new Uint8Array(0)), tooShort);
  const fourth = parseVrrp(Uint8Array.of(0x41, 1, 1, 2, 0, 0, 0, 0));
  assert.deepEqual(fourth, { ok: false, refusal: "versionErr", version: 4, expectedOctets: 16 });
});

test("another type than ADVERTISEMENT is returned", () => {
  for (const advert of [
    { ...withPassword, type: 2 },
    { ...third, type: 15 },
  ]) {
    assert.deepEqual(parseVrrp(emitVrrp(advert, path)), { ok: true, advert });
  }
});

test("the virtual router is known if the header is complete", () => {
  const bytes = emitVrrp(second, path);
  assert.equal(virtualRouterIdOf(bytes), 51);
  assert.equal(virtualRouterIdOf(bytes.subarray(0, 8)), 51);
  assert.equal(virtualRouterIdOf(bytes.subarray(0, 7)), undefined);
});

test("a message is extracted from a complete IPv4 packet of its protocol", () => {
  const payload = emitVrrp(second, path);
  const header = { ...path, ttl: 7, tos: 0xc0, identification: 1, dontFragment: false };
  const packet = emitIpv4({ ...header, protocol: IPPROTO_VRRP }, payload);
  assert.deepEqual(vrrpFromIpv4(packet), { ...path, ttl: 7, payload });
  assert.equal(vrrpFromIpv4(packet.subarray(0, -1)), undefined);
  assert.equal(vrrpFromIpv4(emitIpv4({ ...header, protocol: 51 }, payload)), undefined);
});

test("a checksum that is right both ways counts as one with the pseudo header", () => {
  // The sum of this pseudo header is a multiple of 0xffff, with protocol 112 and 16 octets.
  const neutral = { source: ip("255.127.0.0"), destination: ip("0.0.0.0") };
  assert.equal(pseudoHeaderSum(neutral.source, neutral.destination, IPPROTO_VRRP, 16), 0xffff);
  const bytes = emitVrrp(third, neutral);
  assert.equal(internetChecksum(bytes), 0);
  assert.equal(vrrpChecksumOf(bytes, neutral), "withPseudoHeader");
});

test("version 2 over IPv6 is refused", () => {
  const bytes = emitVrrp(second, path);
  assert.equal(refusalOf(parseVrrp(bytes, 6)), "versionErr");
  assert.throws(() => emitVrrp(second, ipv6Path), /IPv4/);
});

test("a value that does not fit its field is an assertion", () => {
  const wrong: readonly Partial<VrrpAdvert>[] = [
    { virtualRouterId: 256 },
    { priority: -1 },
    { advertisementIntervalMicros: 1_500_000 },
    { advertisementIntervalMicros: 256 * SECOND },
    { addresses: [ip("fe80::1")] },
    { auth: { type: 1, data: "61" } },
  ];
  for (const part of wrong) {
    assert.throws(() => emitVrrp({ ...second, ...part }, path), { name: "AssertionError" });
  }
  assert.throws(() => emitVrrp({ ...third, advertisementIntervalMicros: 15_000 }, path));
});

test("the length follows from version, family and number of addresses", () => {
  assert.equal(vrrpOctets(2, 1), 20);
  assert.equal(vrrpOctets(3, 1), 12);
  assert.equal(vrrpOctets(3, 2, 6), 40);
});
