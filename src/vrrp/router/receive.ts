// What an instance does with an IPv4 packet before its state machine sees it: keepalived's checks in keepalived's
// order, so that its counters and log lines can be compared one to one.

import type { InstanceConfig } from "../../config/config.ts";
import { type Ip, ipFamily, ipFromBytes, ipToBytes } from "../../lib/ip.ts";
import { type Micros, SECOND } from "../../lib/micros.ts";
import { addOctets, finishChecksum } from "../../wire/checksum.ts";
import { IPPROTO_VRRP, type Ipv4Packet } from "../../wire/ipv4.ts";
import {
  CENTISECOND,
  readAdvertisementInterval,
  VRRP_AUTH_AH,
  VRRP_AUTH_NONE,
  VRRP_AUTH_OCTETS,
  VRRP_AUTH_SIMPLE,
  VRRP_HEADER_OCTETS,
  VRRP_TYPE_ADVERTISEMENT,
  vrrpAuthData,
  vrrpOctets,
} from "../../wire/vrrp.ts";
import type { CounterName, Counters } from "./counters.ts";
import {
  intervalText,
  MULTICAST,
  REFUSALS,
  type RefusalFacts,
  type RefusalReason,
  UNICAST,
} from "./refusals.ts";

/** The part of an instance's configuration that its received adverts are held against. */
export type AdvertConfig = Pick<
  InstanceConfig,
  | "name"
  | "version"
  | "virtualRouterId"
  | "priority"
  | "advertIntMicros"
  | "authPass"
  | "addresses"
  | "unicastPeers"
  | "checkUnicastSrc"
  | "v3ChecksumAsV2"
  | "skipCheckAdvAddr"
  | "ownerIgnoreAdverts"
>;

/** What an instance takes for a right advert; made once from its configuration. */
export interface Expectation {
  readonly name: string;
  readonly version: 2 | 3;
  readonly virtualRouterId: number;
  readonly advertisementIntervalMicros: Micros;
  /** Eight octets; undefined without authentication. */
  readonly authData: Uint8Array | undefined;
  /** The floating addresses as they stand in an advert, four octets each. */
  readonly addressOctets: Uint8Array;
  readonly unicast: boolean;
  /** The only sources that are let in; undefined lets in all. */
  readonly unicastSources: ReadonlySet<Ip> | undefined;
  readonly v3ChecksumAsV2: boolean;
  readonly skipCheckAdvAddr: boolean;
  /** An address owner (priority 255 in effect) that is told to ignore the adverts of others. */
  readonly ignoreAll: boolean;
}

/** What the state machine needs of an accepted advert. */
export interface ReceivedAdvert {
  readonly source: Ip;
  readonly priority: number;
  readonly advertisementIntervalMicros: Micros;
}

/** What was odd about an advert that was taken all the same. */
export type NoteReason = "advertIntervalDiffers" | "addrListErr";

/** The counter of each note; keepalived does not count an interval that version 3 lets differ. */
export const NOTES: { readonly [reason in NoteReason]: CounterName | undefined } = {
  advertIntervalDiffers: undefined,
  addrListErr: "addrListErr",
};

export interface Note {
  readonly reason: NoteReason;
  /** The log line, for a log that is limited to one line for each reason. */
  readonly text: string;
}

export type Received =
  | { readonly kind: "accepted"; readonly advert: ReceivedAdvert; readonly notes: readonly Note[] }
  | { readonly kind: "refused"; readonly reason: RefusalReason; readonly text: string };

const MULTICAST_TTL = 255;
const NO_NOTES: readonly Note[] = [];

/** What `config` takes for a right advert. Only its IPv4 addresses are in an advert over IPv4. */
export function expectationOf(config: AdvertConfig): Expectation {
  const addresses = config.addresses
    .map(({ address }) => address)
    .filter((address) => ipFamily(address) === 4);
  const unicast = config.unicastPeers.length > 0;
  return {
    name: config.name,
    version: config.version,
    virtualRouterId: config.virtualRouterId,
    advertisementIntervalMicros: config.advertIntMicros,
    authData:
      config.version === 2 && config.authPass !== undefined
        ? vrrpAuthData(config.authPass)
        : undefined,
    addressOctets: Uint8Array.from(addresses.flatMap((address) => [...ipToBytes(address)])),
    unicast,
    unicastSources: unicast && config.checkUnicastSrc ? new Set(config.unicastPeers) : undefined,
    v3ChecksumAsV2: config.v3ChecksumAsV2,
    skipCheckAdvAddr: config.skipCheckAdvAddr,
    ignoreAll: config.ownerIgnoreAdverts && config.priority === 255,
  };
}

/**
 * The virtual router that `packet` is for, or undefined when it holds no whole VRRP header. To be asked before
 * `receiveAdvert`, to find the instance.
 */
export function peekVirtualRouterId(packet: Ipv4Packet): number | undefined {
  if (packet.protocol !== IPPROTO_VRRP || packet.payload.length < VRRP_HEADER_OCTETS) {
    return undefined;
  }
  return packet.payload[1];
}

/**
 * The advert in `packet`, whose virtual router is that of `expected` already, or why it is dropped. `activeRouter` is
 * the source of the last accepted advert: with `skip_check_adv_addr` only the length of its list is compared again.
 */
export function receiveAdvert(
  packet: Ipv4Packet,
  expected: Expectation,
  activeRouter?: Ip,
): Received {
  const { payload, source } = packet;
  const { version } = expected;
  if (payload.length < VRRP_HEADER_OCTETS) {
    const shortest = packet.headerOctets + VRRP_HEADER_OCTETS;
    return refuse(packet, expected, "packetLenErr", packet.totalLength, shortest);
  }
  const versionAndType = payload[0] as number;
  const count = payload[3] as number;
  const octets = vrrpOctets(versionAndType >> 4 === 2 ? 2 : 3, count);
  if (payload.length !== octets) {
    const wanted = packet.headerOctets + octets;
    return refuse(packet, expected, "packetLenErr", packet.totalLength, wanted);
  }
  if (!expected.unicast && packet.ttl !== MULTICAST_TTL) {
    return refuse(packet, expected, "ipTtlErr", packet.ttl, MULTICAST_TTL);
  }
  if (versionAndType >> 4 !== version) {
    return refuse(packet, expected, "versionErr", versionAndType >> 4, version);
  }
  const interval = readAdvertisementInterval(payload, 0, version);
  if (version === 2) {
    const authType = payload[4] as number;
    const wantedType = expected.authData === undefined ? VRRP_AUTH_NONE : VRRP_AUTH_SIMPLE;
    if (authType > VRRP_AUTH_AH) {
      return refuse(packet, expected, "invalidAuthtype", authType, wantedType);
    }
    if (authType !== wantedType) {
      return refuse(packet, expected, "authtypeMismatch", authType, wantedType);
    }
    if (expected.authData !== undefined && !hasPassword(payload, expected.authData)) {
      return refuse(packet, expected, "authFailure");
    }
    if (interval !== expected.advertisementIntervalMicros) {
      const wanted = expected.advertisementIntervalMicros / SECOND;
      return refuse(packet, expected, "advertIntervalErr", interval / SECOND, wanted);
    }
  }
  const type = versionAndType & 0xf;
  if (type !== VRRP_TYPE_ADVERTISEMENT) {
    return refuse(packet, expected, "invalidTypeRcvd", type, VRRP_TYPE_ADVERTISEMENT);
  }
  if (version === 3 && interval === 0) {
    // A backup that took this interval would not wait at all: keepalived 2.2.7 becomes MASTER at once on it.
    const wanted = expected.advertisementIntervalMicros / CENTISECOND;
    return refuse(packet, expected, "advertIntervalErr", 0, wanted);
  }
  if (!hasRightChecksum(packet, expected)) return refuse(packet, expected, "checksumErr");
  if (((packet.bytes[16] as number) >> 4 === 0xe) === expected.unicast) {
    return refuse(packet, expected, "castErr", 0, expected.unicast ? UNICAST : MULTICAST);
  }
  if (expected.ignoreAll) return refuse(packet, expected, "ownerIgnored");
  if (expected.unicastSources !== undefined && !expected.unicastSources.has(source)) {
    return refuse(packet, expected, "unicastSourceErr");
  }
  const notes = notesOn(packet, expected, interval, activeRouter);
  const advert: ReceivedAdvert = {
    source,
    priority: payload[2] as number,
    advertisementIntervalMicros: interval,
  };
  return { kind: "accepted", advert, notes };
}

function refuse(
  packet: Ipv4Packet,
  { name, version }: Expectation,
  reason: RefusalReason,
  received = 0,
  expected = 0,
): Received {
  const facts: RefusalFacts = { name, source: packet.source, version, received, expected };
  return { kind: "refused", reason, text: REFUSALS[reason].text(facts) };
}

/** Adds one packet to the counters of its instance. */
export function countReceived(counters: Counters, received: Received): void {
  if (received.kind === "refused") {
    counters[received.reason]++;
    if (REFUSALS[received.reason].counted) counters.advertRcvd++;
    return;
  }
  counters.advertRcvd++;
  if (received.advert.priority === 0) counters.priZeroRcvd++;
  for (const note of received.notes) {
    const counter = NOTES[note.reason];
    if (counter !== undefined) counters[counter]++;
  }
}

/** All eight octets are always compared, so that the time says nothing about how many were right. */
function hasPassword(payload: Uint8Array, password: Uint8Array): boolean {
  const start = payload.length - VRRP_AUTH_OCTETS;
  let difference = 0;
  for (let index = 0; index < VRRP_AUTH_OCTETS; index++) {
    difference |= (payload[start + index] as number) ^ (password[index] as number);
  }
  return difference === 0;
}

/**
 * RFC 3768 5.3.8; version 3 with the pseudo header. With `v3_checksum_as_v2` keepalived takes any version 3 checksum;
 * here that instance takes both ways to reckon it and drops what is wrong either way.
 */
function hasRightChecksum(packet: Ipv4Packet, expected: Expectation): boolean {
  const { payload, bytes } = packet;
  const sum = addOctets(0, payload, 0, payload.length);
  if (expected.version === 2 || expected.v3ChecksumAsV2) {
    if (finishChecksum(sum) === 0) return true;
    if (expected.version === 2) return false;
  }
  return finishChecksum(addOctets(sum + IPPROTO_VRRP + payload.length, bytes, 12, 20)) === 0;
}

function notesOn(
  packet: Ipv4Packet,
  expected: Expectation,
  interval: Micros,
  activeRouter: Ip | undefined,
): readonly Note[] {
  const wanted = expected.advertisementIntervalMicros;
  const intervalDiffers = expected.version === 3 && interval !== wanted;
  const listDiffers = !hasSameList(packet.payload, expected.addressOctets);
  if (!intervalDiffers && !listDiffers) return NO_NOTES;
  const notes: Note[] = [];
  if (intervalDiffers) {
    const text = intervalText(expected.name, wanted / CENTISECOND, interval / CENTISECOND);
    notes.push({ reason: "advertIntervalDiffers", text });
  }
  if (listDiffers) {
    const text = listText(packet, expected, activeRouter);
    if (text !== undefined) notes.push({ reason: "addrListErr", text });
  }
  return notes;
}

function hasSameList(payload: Uint8Array, octets: Uint8Array): boolean {
  if ((payload[3] as number) << 2 !== octets.length) return false;
  for (let index = 0; index < octets.length; index++) {
    if (payload[VRRP_HEADER_OCTETS + index] !== octets[index]) return false;
  }
  return true;
}

/** What differs between the lists, or undefined when only their order does or nobody asks. */
function listText(
  packet: Ipv4Packet,
  expected: Expectation,
  activeRouter: Ip | undefined,
): string | undefined {
  const { payload, source } = packet;
  const count = payload[3] as number;
  const wanted = expected.addressOctets.length >> 2;
  if (count !== wanted) {
    return `(${expected.name}) expected ${wanted} VIPs but received ${count}`;
  }
  if (expected.skipCheckAdvAddr && source === activeRouter) return undefined;
  const end = VRRP_HEADER_OCTETS + 4 * count;
  const present = new Set<Ip>();
  for (let offset = VRRP_HEADER_OCTETS; offset < end; offset += 4) {
    present.add(ipFromBytes(payload.subarray(offset, offset + 4)));
  }
  for (let offset = 0; offset < expected.addressOctets.length; offset += 4) {
    const address = ipFromBytes(expected.addressOctets.subarray(offset, offset + 4));
    if (!present.has(address)) {
      return (
        `(${expected.name}) ip address associated with VRID ${expected.virtualRouterId} ` +
        `not present in advert from ${source}: ${address}`
      );
    }
  }
  return undefined;
}
