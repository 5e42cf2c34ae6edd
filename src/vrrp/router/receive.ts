// Checks whether a received packet is a valid advert for its instance: keepalived's checks in keepalived's order, so that
// counters and log lines compare one to one.

import { OWNER_PRIORITY } from "../../config/vrrp/types.ts";
import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import { type Ip, ipFamily, isMulticast } from "../../lib/ip.ts";
import { CENTISECOND, type Micros, SECOND } from "../../lib/micros.ts";
import { VRRP_TTL } from "../../lib/vrrp.ts";
import { IPV4_HEADER_OCTETS } from "../../wire/ipv4.ts";
import {
  parseVrrp,
  VRRP_AUTH_AH,
  VRRP_AUTH_NONE,
  VRRP_AUTH_SIMPLE,
  VRRP_TYPE_ADVERTISEMENT,
  type VrrpAdvert,
  type VrrpPacket,
  vrrpChecksumOf,
} from "../../wire/vrrp.ts";
import { advertisedAddresses } from "./advert.ts";
import type { Counters } from "./counters.ts";
import {
  intervalText,
  listLengthText,
  MULTICAST,
  missingAddressText,
  NOTES,
  type NoteReason,
  REFUSALS,
  type RefusalFacts,
  type RefusalReason,
  UNICAST,
} from "./refusals.ts";

/** The part of an instance's configuration that received adverts are checked against. */
export type AdvertConfig = Pick<
  InstanceConfig,
  | "name"
  | "version"
  | "virtualRouterId"
  | "priority"
  | "advertIntMicros"
  | "authPass"
  | "addresses"
  | "mcastGroup"
  | "unicastPeers"
  | "checkUnicastSrc"
  | "v3ChecksumAsV2"
  | "skipCheckAdvAddr"
  | "ownerIgnoreAdverts"
>;

/** What an instance accepts as a valid advert; made once from its configuration. */
export interface Expectation {
  readonly name: string;
  readonly version: 2 | 3;
  readonly virtualRouterId: number;
  readonly advertisementIntervalMicros: Micros;
  /** 16 hexadecimal digits; undefined without authentication. */
  readonly authData: string | undefined;
  /** In the order of an advert. */
  readonly addresses: readonly Ip[];
  readonly unicast: boolean;
  /** The only accepted sources; undefined: all. */
  readonly unicastSources: ReadonlySet<Ip> | undefined;
  readonly v3ChecksumAsV2: boolean;
  readonly skipCheckAdvAddr: boolean;
  /** An address owner (priority 255) that is configured to ignore the adverts of others. */
  readonly ignoreAll: boolean;
}

/** The part of an accepted advert that the state machine needs. */
export interface ReceivedAdvert {
  readonly source: Ip;
  readonly priority: number;
  readonly advertisementIntervalMicros: Micros;
}

export interface Note {
  readonly reason: NoteReason;
  /** The log line; the log is limited to one line for each reason. */
  readonly text: string;
}

export type Received =
  | { readonly kind: "accepted"; readonly advert: ReceivedAdvert; readonly notes: readonly Note[] }
  | { readonly kind: "refused"; readonly reason: RefusalReason; readonly text: string };

const NO_NOTES: readonly Note[] = [];

/** The expectation of `config`; adverts carry only the addresses of the family of its multicast group. */
export function expectationOf(config: AdvertConfig): Expectation {
  const unicast = config.unicastPeers.length > 0;
  return {
    name: config.name,
    version: config.version,
    virtualRouterId: config.virtualRouterId,
    advertisementIntervalMicros: config.advertIntMicros,
    authData: config.version === 2 ? config.authPass : undefined,
    addresses: advertisedAddresses(config, ipFamily(config.mcastGroup)),
    unicast,
    unicastSources: unicast && config.checkUnicastSrc ? new Set(config.unicastPeers) : undefined,
    v3ChecksumAsV2: config.v3ChecksumAsV2,
    skipCheckAdvAddr: config.skipCheckAdvAddr,
    ignoreAll: config.ownerIgnoreAdverts && config.priority === OWNER_PRIORITY,
  };
}

/**
 * The advert in `packet`, which is known to be for the virtual router of `expected`, or why it is refused.
 * `activeRouter` is the address of the router that a backup follows: with `skip_check_adv_addr` only the number of
 * addresses in its adverts is compared.
 */
export function receiveAdvert(
  packet: VrrpPacket,
  expected: Expectation,
  activeRouter?: Ip,
): Received {
  const { source, payload } = packet;
  const { version } = expected;
  const family = ipFamily(source);
  const parsed = parseVrrp(payload, family);
  if (!parsed.ok && payload.length !== parsed.expectedOctets) {
    // keepalived's lengths include the IPv4 header.
    const header = family === 4 ? IPV4_HEADER_OCTETS : 0;
    const wanted = header + parsed.expectedOctets;
    return refuse(packet, expected, "packetLenErr", header + payload.length, wanted);
  }
  if (!expected.unicast && packet.ttl !== VRRP_TTL) {
    return refuse(packet, expected, "ipTtlErr", packet.ttl, VRRP_TTL);
  }
  if (!parsed.ok) return refuse(packet, expected, "versionErr", parsed.version, version);
  const { advert } = parsed;
  if (advert.version !== version) {
    return refuse(packet, expected, "versionErr", advert.version, version);
  }
  const interval = advert.advertisementIntervalMicros;
  if (version === 2) {
    const authType = advert.auth?.type ?? VRRP_AUTH_NONE;
    const wantedType = expected.authData === undefined ? VRRP_AUTH_NONE : VRRP_AUTH_SIMPLE;
    if (authType > VRRP_AUTH_AH) {
      return refuse(packet, expected, "invalidAuthtype", authType, wantedType);
    }
    if (authType !== wantedType) {
      return refuse(packet, expected, "authtypeMismatch", authType, wantedType);
    }
    if (expected.authData !== undefined && !isPassword(advert.auth?.data, expected.authData)) {
      return refuse(packet, expected, "authFailure");
    }
    if (interval !== expected.advertisementIntervalMicros) {
      const wanted = expected.advertisementIntervalMicros / SECOND;
      return refuse(packet, expected, "advertIntervalErr", interval / SECOND, wanted);
    }
  }
  const { type = VRRP_TYPE_ADVERTISEMENT } = advert;
  if (type !== VRRP_TYPE_ADVERTISEMENT) {
    return refuse(packet, expected, "invalidTypeRcvd", type, VRRP_TYPE_ADVERTISEMENT);
  }
  if (version === 3 && interval === 0) {
    // A backup that adopted this interval would not wait at all: keepalived 2.2.7 becomes MASTER at once.
    const wanted = expected.advertisementIntervalMicros / CENTISECOND;
    return refuse(packet, expected, "advertIntervalErr", 0, wanted);
  }
  if (!hasRightChecksum(packet, expected)) return refuse(packet, expected, "checksumErr");
  if (isMulticast(packet.destination) === expected.unicast) {
    return refuse(packet, expected, "castErr", 0, expected.unicast ? UNICAST : MULTICAST);
  }
  if (expected.ignoreAll) return refuse(packet, expected, "ownerIgnored");
  if (expected.unicastSources !== undefined && !expected.unicastSources.has(source)) {
    return refuse(packet, expected, "unicastSourceErr");
  }
  return {
    kind: "accepted",
    advert: { source, priority: advert.priority, advertisementIntervalMicros: interval },
    notes: notesOn(advert, source, expected, activeRouter),
  };
}

function refuse(
  packet: VrrpPacket,
  { name, version }: Expectation,
  reason: RefusalReason,
  received = 0,
  expected = 0,
): Received {
  const facts: RefusalFacts = { name, source: packet.source, version, received, expected };
  return { kind: "refused", reason, text: REFUSALS[reason].text(facts) };
}

/** Counts one packet of an instance. */
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

/** Compares all digits always, so that the time does not reveal how many were right. */
function isPassword(data: string | undefined, password: string): boolean {
  if (data?.length !== password.length) return false;
  let difference = 0;
  for (let index = 0; index < password.length; index++) {
    difference |= data.charCodeAt(index) ^ password.charCodeAt(index);
  }
  return difference === 0;
}

/**
 * RFC 3768 5.3.8; version 3 with the pseudo header. With `v3_checksum_as_v2` keepalived accepts any version 3 checksum;
 * holdfast accepts one that is right with or without the pseudo header.
 */
function hasRightChecksum(packet: VrrpPacket, expected: Expectation): boolean {
  const checksum = vrrpChecksumOf(packet.payload, packet);
  if (checksum === "plain") return expected.version === 2 || expected.v3ChecksumAsV2;
  return checksum === "withPseudoHeader";
}

function notesOn(
  advert: VrrpAdvert,
  source: Ip,
  expected: Expectation,
  activeRouter: Ip | undefined,
): readonly Note[] {
  const wanted = expected.advertisementIntervalMicros;
  const interval = advert.advertisementIntervalMicros;
  const intervalDiffers = expected.version === 3 && interval !== wanted;
  const listDiffers = !isSameList(advert.addresses, expected.addresses);
  if (!intervalDiffers && !listDiffers) return NO_NOTES;
  const notes: Note[] = [];
  if (intervalDiffers) {
    const text = intervalText(expected.name, wanted / CENTISECOND, interval / CENTISECOND);
    notes.push({ reason: "advertIntervalDiffers", text });
  }
  if (listDiffers) {
    const skipsAddresses = expected.skipCheckAdvAddr && source === activeRouter;
    const text = listText(advert.addresses, source, expected, skipsAddresses);
    if (text !== undefined) notes.push({ reason: "addrListErr", text });
  }
  return notes;
}

function isSameList(a: readonly Ip[], b: readonly Ip[]): boolean {
  return a.length === b.length && a.every((address, index) => address === b[index]);
}

/** The log line for a different list, or undefined if only the order differs or the addresses are not compared. */
function listText(
  addresses: readonly Ip[],
  source: Ip,
  { name, virtualRouterId, addresses: wanted }: Expectation,
  skipsAddresses: boolean,
): string | undefined {
  if (addresses.length !== wanted.length) {
    return listLengthText(name, wanted.length, addresses.length);
  }
  if (skipsAddresses) return undefined;
  const present = new Set(addresses);
  const missing = wanted.find((address) => !present.has(address));
  if (missing === undefined) return undefined;
  return missingAddressText(name, virtualRouterId, source, missing);
}
