// VRRP messages: version 2 (RFC 3768 5.1, with the authentication data of RFC 2338 5.3.10) and version 3 (RFC 9568
// 5.2), over IPv4 and IPv6.

import { assert } from "../lib/assert.ts";
import { type Ip, type IpFamily, ipFamily, ipFromBytes, ipToBytes } from "../lib/ip.ts";
import { CENTISECOND, type Micros, SECOND } from "../lib/micros.ts";
import { IPPROTO_VRRP } from "../lib/vrrp.ts";
import { addOctets, finishChecksum, pseudoHeaderSum } from "./checksum.ts";
import { parseIpv4 } from "./ipv4.ts";

export const VRRP_HEADER_OCTETS = 8;
/** Version 2 ends with this many octets of authentication data, even without authentication. */
export const VRRP_AUTH_OCTETS = 8;
export const VRRP_TYPE_ADVERTISEMENT = 1;
/** RFC 2338 5.3.6. */
export const VRRP_AUTH_NONE = 0;
export const VRRP_AUTH_SIMPLE = 1;
export const VRRP_AUTH_AH = 2;

const NO_AUTH_DATA = "0000000000000000";

/** A received VRRP message with the relevant fields of its IP header. */
export interface VrrpPacket {
  readonly source: Ip;
  /** Of the same family as the source. */
  readonly destination: Ip;
  /** TTL, or hop limit of IPv6. */
  readonly ttl: number;
  /** The message, without the IP header. */
  readonly payload: Uint8Array;
}

/** Version 2 only. */
export interface VrrpAuth {
  /** 0 none, 1 simple text password, 2 IP authentication header. */
  readonly type: number;
  /** Eight octets as 16 hexadecimal digits. */
  readonly data: string;
}

export interface VrrpAdvert {
  readonly version: 2 | 3;
  /** Default: 1, ADVERTISEMENT, the only defined type. */
  readonly type?: number;
  readonly virtualRouterId: number;
  readonly priority: number;
  /** Version 2: whole seconds, at most 255; version 3: whole centiseconds, at most 4095. */
  readonly advertisementIntervalMicros: Micros;
  /** All of one family; at most 255. */
  readonly addresses: readonly Ip[];
  /** Default: none in version 3; type 0 and zero data in version 2. */
  readonly auth?: VrrpAuth;
}

/** The addresses in the pseudo header. */
export interface VrrpPath {
  readonly source: Ip;
  readonly destination: Ip;
  /** Version 3 over IPv4: omit the pseudo header, for `v3_checksum_as_v2`. */
  readonly checksumAsV2?: boolean;
}

/** Why bytes are not a VRRP message; each is also the name of a counter. */
export type VrrpRefusalReason = "packetLenErr" | "versionErr";

export type ParsedVrrp =
  | { readonly ok: true; readonly advert: VrrpAdvert }
  | {
      readonly ok: false;
      readonly refusal: VrrpRefusalReason;
      /** From the first octet; 0 for an empty message. */
      readonly version: number;
      /** The length according to the header. An unknown version is measured as version 3. */
      readonly expectedOctets: number;
    };

/** The size of an advert of `addresses` addresses in octets, without the IP header. */
export function vrrpOctets(version: 2 | 3, addresses: number, family: IpFamily = 4): number {
  return (
    VRRP_HEADER_OCTETS +
    addresses * (family === 4 ? 4 : 16) +
    (version === 2 ? VRRP_AUTH_OCTETS : 0)
  );
}

/** The VRRP message in the IPv4 packet `bytes`, or undefined if it is incomplete or of another protocol. */
export function vrrpFromIpv4(bytes: Uint8Array): VrrpPacket | undefined {
  const packet = parseIpv4(bytes);
  if (packet.kind === "refused" || packet.protocol !== IPPROTO_VRRP) return undefined;
  const { source, destination, ttl, payload } = packet;
  return { source, destination, ttl, payload };
}

/** The virtual router id of a message; undefined if the message is shorter than its header. */
export function virtualRouterIdOf(message: Uint8Array): number | undefined {
  return message.length < VRRP_HEADER_OCTETS ? undefined : message[1];
}

/**
 * Parses the message that fills `bytes`, the payload of an IP packet of `family`, or returns why it is invalid. Does
 * not check the checksum, which also covers the IP header: see `vrrpChecksumOf`.
 */
export function parseVrrp(bytes: Uint8Array, family: IpFamily = 4): ParsedVrrp {
  const [first = 0, virtualRouterId = 0, priority = 0, count = 0] = bytes;
  const version = first >> 4;
  if (bytes.length < VRRP_HEADER_OCTETS) {
    const expectedOctets = VRRP_HEADER_OCTETS;
    return { ok: false, refusal: "packetLenErr", version, expectedOctets };
  }
  const expectedOctets = vrrpOctets(version === 2 ? 2 : 3, count, family);
  if ((version !== 2 && version !== 3) || (version === 2 && family === 6)) {
    return { ok: false, refusal: "versionErr", version, expectedOctets };
  }
  if (bytes.length !== expectedOctets) {
    return { ok: false, refusal: "packetLenErr", version, expectedOctets };
  }
  const type = first & 0xf;
  const auth = version === 2 ? readAuth(bytes) : undefined;
  return {
    ok: true,
    advert: {
      version,
      ...(type !== VRRP_TYPE_ADVERTISEMENT && { type }),
      virtualRouterId,
      priority,
      advertisementIntervalMicros: readAdvertisementInterval(bytes, version),
      addresses: readAddresses(bytes, count, family),
      ...(auth !== undefined && { auth }),
    },
  };
}

function readAddresses(bytes: Uint8Array, count: number, family: IpFamily): Ip[] {
  const octets = family === 4 ? 4 : 16;
  const addresses: Ip[] = [];
  for (let index = 0; index < count; index++) {
    const start = VRRP_HEADER_OCTETS + index * octets;
    addresses.push(ipFromBytes(bytes.subarray(start, start + octets)));
  }
  return addresses;
}

/** Seconds in version 2 (RFC 3768 5.3.7), 12 bits of centiseconds in version 3 (RFC 9568 5.2.7). */
function readAdvertisementInterval(bytes: Uint8Array, version: 2 | 3): Micros {
  const low = bytes[5] as number;
  if (version === 2) return low * SECOND;
  return ((((bytes[4] as number) & 0xf) << 8) | low) * CENTISECOND;
}

function readAuth(bytes: Uint8Array): VrrpAuth | undefined {
  const type = bytes[4] as number;
  const data = toHex(bytes.subarray(bytes.length - VRRP_AUTH_OCTETS));
  return type === VRRP_AUTH_NONE && data === NO_AUTH_DATA ? undefined : { type, data };
}

/**
 * Tells what the checksum of a message of at least eight octets covers: the message with or without the pseudo header;
 * undefined if it is wrong either way. Version 2 has no pseudo header, IPv6 always has one.
 */
export function vrrpChecksumOf(
  bytes: Uint8Array,
  path: { readonly source: Ip; readonly destination: Ip },
): "withPseudoHeader" | "plain" | undefined {
  const sum = addOctets(0, bytes, 0, bytes.length);
  const isVersion2 = (bytes[0] as number) >> 4 === 2;
  if (!isVersion2 || ipFamily(path.source) === 6) {
    // First, since the checksum may be correct both ways, and version 3 always accepts this one.
    const pseudo = pseudoHeaderSum(path.source, path.destination, IPPROTO_VRRP, bytes.length);
    if (finishChecksum(sum + pseudo) === 0) return "withPseudoHeader";
  }
  return ipFamily(path.source) === 4 && finishChecksum(sum) === 0 ? "plain" : undefined;
}

/**
 * Writes the message with its checksum to the start of `buffer` (default: a new one) and returns the written part.
 * Asserts that each value fits its field.
 */
export function emitVrrp(advert: VrrpAdvert, path: VrrpPath, buffer?: Uint8Array): Uint8Array {
  const { version, addresses } = advert;
  const family = ipFamily(path.source);
  const octets = vrrpOctets(version, addresses.length, family);
  const bytes = buffer === undefined ? new Uint8Array(octets) : buffer.subarray(0, octets);
  assert(bytes.length === octets && addresses.length <= 255, "a VRRP message fits its buffer");
  assert(version === 3 || family === 4, "VRRP version 2 goes over IPv4");
  bytes[0] = (version << 4) | (advert.type ?? VRRP_TYPE_ADVERTISEMENT);
  bytes[1] = octet(advert.virtualRouterId, "virtual router id");
  bytes[2] = octet(advert.priority, "priority");
  bytes[3] = addresses.length;
  if (version === 2) {
    bytes[4] = octet(advert.auth?.type ?? VRRP_AUTH_NONE, "authentication type");
    bytes[5] = octet(advert.advertisementIntervalMicros / SECOND, "advertisement interval");
  } else {
    const centiseconds = advert.advertisementIntervalMicros / CENTISECOND;
    assert(
      isWholeUpTo(centiseconds, 0xfff),
      "the advertisement interval is 0 to 4095 centiseconds",
    );
    bytes[4] = centiseconds >> 8;
    bytes[5] = centiseconds;
  }
  bytes[6] = 0;
  bytes[7] = 0;
  let offset = VRRP_HEADER_OCTETS;
  for (const address of addresses) {
    assert(
      ipFamily(address) === family,
      "the addresses of an advert are of the family of its path",
    );
    const part = ipToBytes(address);
    bytes.set(part, offset);
    offset += part.length;
  }
  if (version === 2) bytes.set(fromHex(advert.auth?.data ?? NO_AUTH_DATA), offset);
  const plain = version === 2 || (family === 4 && path.checksumAsV2 === true);
  const pseudo = plain ? 0 : pseudoHeaderSum(path.source, path.destination, IPPROTO_VRRP, octets);
  const checksum = finishChecksum(addOctets(pseudo, bytes, 0, octets));
  bytes[6] = checksum >> 8;
  bytes[7] = checksum;
  return bytes;
}

function isWholeUpTo(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= most;
}

function octet(value: number, what: string): number {
  assert(isWholeUpTo(value, 255), `the ${what} is a whole number from 0 to 255`);
  return value;
}

function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
  return text;
}

function fromHex(text: string): Uint8Array {
  assert(/^[0-9a-f]{16}$/.test(text), "authentication data is 16 hexadecimal digits");
  return Uint8Array.from({ length: 8 }, (_, index) =>
    Number.parseInt(text.slice(2 * index, 2 * index + 2), 16),
  );
}
