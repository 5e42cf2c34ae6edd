// Frames from other programs: each is decoded as they decode it and encoded to the same octets.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ip } from "../../src/lib/ip.ts";
import { mac } from "../../src/lib/mac.ts";
import { CENTISECOND, SECOND } from "../../src/lib/micros.ts";
import { IPPROTO_VRRP } from "../../src/lib/vrrp.ts";
import { emitArp, emitGratuitousArp, parseArp } from "../../src/wire/arp.ts";
import { internetChecksum } from "../../src/wire/checksum.ts";
import { type EthernetFrame, emitEthernet, parseEthernet } from "../../src/wire/ethernet.ts";
import { emitIpv4, type Ipv4Packet, parseIpv4 } from "../../src/wire/ipv4.ts";
import { emitIpv6, type Ipv6Packet, parseIpv6 } from "../../src/wire/ipv6.ts";
import { emitVrrp, parseVrrp, type VrrpAdvert, vrrpChecksumOf } from "../../src/wire/vrrp.ts";
import { loadVectors, type Vector } from "./load.ts";
import { emitPcap, parsePcap } from "./pcap.ts";

function frameOf({ frame }: Vector): EthernetFrame {
  const ethernet = parseEthernet(frame);
  assert.equal(ethernet.kind, "ethernet");
  return ethernet as EthernetFrame;
}

function packetOf(ethernet: EthernetFrame): Ipv4Packet | Ipv6Packet {
  const { etherType, payload } = ethernet;
  const packet = etherType === 0x0800 ? parseIpv4(payload) : parseIpv6(payload);
  assert.notEqual(packet.kind, "refused");
  return packet as Ipv4Packet | Ipv6Packet;
}

/** A buffer longer than needed and filled with a pattern, to find octets that an emitter does not write. */
function dirty(octets: number): Uint8Array {
  return new Uint8Array(octets + 9).fill(0xa5);
}

/** Renders an advert as `tcpdump -v` does. */
function asTcpdump(packet: Ipv4Packet | Ipv6Packet, advert: VrrpAdvert): string {
  const head =
    packet.kind === "ipv4"
      ? `IP (tos 0x${packet.tos.toString(16)}, ttl ${packet.ttl}, id ${packet.identification}, ` +
        `offset 0, flags [none], proto VRRP (112), length ${packet.totalLength})`
      : `IP6 (hlim ${packet.hopLimit}, next-header VRRP (112), ` +
        `payload length ${packet.payload.length})`;
  const oddTtl = packet.kind === "ipv4" && packet.ttl !== 255 ? `(ttl ${packet.ttl}), ` : "";
  const count = advert.addresses.length;
  const addresses = count < 2 ? "addrs" : `addrs(${count})`;
  const password = Buffer.from(advert.auth?.data ?? "", "hex").toString("latin1");
  const parts = [
    `${head} ${packet.source} > ${packet.destination}: VRRPv${advert.version}`,
    `Advertisement, ${oddTtl}vrid ${advert.virtualRouterId}`,
    `prio ${advert.priority}`,
    ...(advert.version === 2 ? [`authtype ${advert.auth === undefined ? "none" : "simple"}`] : []),
    advert.version === 2
      ? `intvl ${advert.advertisementIntervalMicros / SECOND}s`
      : `intvl ${advert.advertisementIntervalMicros / CENTISECOND}cs`,
    `length ${packet.payload.length}`,
    `${addresses}: ${advert.addresses.join(",")}`,
  ];
  return parts.join(", ") + (advert.auth === undefined ? "" : ` auth "${password}"`);
}

function checkAdvert(vector: Vector): void {
  const ethernet = frameOf(vector);
  const packet = packetOf(ethernet);
  const parsed = parseVrrp(packet.payload, packet.kind === "ipv4" ? 4 : 6);
  assert.ok(parsed.ok, vector.origin);
  const { advert } = parsed;
  assert.equal(asTcpdump(packet, advert).trimEnd(), vector.expected.trimEnd());

  const checksum = vrrpChecksumOf(packet.payload, packet);
  assert.equal(checksum, advert.version === 2 ? "plain" : "withPseudoHeader");
  const message = emitVrrp(advert, packet, dirty(packet.payload.length));
  assert.deepEqual(message, packet.payload);

  const room = dirty(vector.frame.length);
  const rewritten =
    packet.kind === "ipv4" ? emitIpv4(packet, message, room) : emitIpv6(packet, message, room);
  const padding = vector.frame.length - 14 - rewritten.length;
  assert.deepEqual(rewritten, ethernet.payload.subarray(0, rewritten.length));
  const frame = emitEthernet(ethernet, rewritten, dirty(vector.frame.length));
  assert.deepEqual(new Uint8Array([...frame, ...new Uint8Array(padding)]), vector.frame);
  if (packet.kind === "ipv4") assert.equal(internetChecksum(packet.bytes, 0, 20), 0);
}

test("decodes and encodes the 165 adverts of tcpdump's own tests", () => {
  const vectors = loadVectors("vrrp-tcpdump.txt");
  assert.equal(vectors.length, 165);
  for (const vector of vectors) checkAdvert(vector);
});

test("decodes and encodes adverts of scapy, gopacket, PcapPlusPlus, holo and keepalived", () => {
  const vectors = loadVectors("vrrp-others.txt");
  assert.equal(vectors.length, 15);
  for (const vector of vectors) checkAdvert(vector);
});

test("refuses messages that are not adverts of version 2 or 3", () => {
  const vectors = loadVectors("vrrp-refused.txt");
  assert.equal(vectors.length, 7);
  for (const vector of vectors) {
    const packet = packetOf(frameOf(vector));
    assert.equal((packet as Ipv4Packet).protocol, IPPROTO_VRRP);
    const parsed = parseVrrp(packet.payload);
    assert.equal(parsed.ok ? "accepted" : parsed.refusal, vector.expected);
  }
});

test("emits keepalived's gratuitous ARP", () => {
  const vectors = loadVectors("arp-gratuitous.txt");
  assert.equal(vectors.length, 2);
  for (const [index, vector] of vectors.entries()) {
    const address = ip(`10.9.0.${100 + index}`);
    const frame = emitGratuitousArp(mac("02:00:00:00:00:0a"), address, dirty(42));
    assert.deepEqual(frame, vector.frame);
    const arp = parseArp(frameOf(vector).payload);
    assert.ok(arp.ok);
    assert.ok(
      vector.expected.endsWith(
        `Request who-has ${address} (${arp.message.targetMac}) tell ${arp.message.senderIp}, length 28`,
      ),
    );
    assert.deepEqual(emitArp(arp.message, dirty(28)), frame.subarray(14));
  }
});

test("parses the capture files it writes", () => {
  const frames = loadVectors("vrrp-others.txt").map(({ frame }, index) => ({
    atMicros: index * 1_000_001,
    bytes: frame,
  }));
  assert.deepEqual(parsePcap(emitPcap(frames)), { linkType: 1, frames });
  assert.throws(() => parsePcap(emitPcap(frames).subarray(0, -1)), /cut off/);
});
