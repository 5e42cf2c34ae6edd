// The IPv4 header (RFC 791 3.1).

import { assert } from "../lib/assert.ts";
import { type Ip, ipToBytes, ipv4FromBytes } from "../lib/ip.ts";
import { internetChecksum } from "./checksum.ts";

/** The size of a header without options. */
export const IPV4_HEADER_OCTETS = 20;

/** The fields of a header, without its options. */
export interface Ipv4Header {
  readonly source: Ip;
  readonly destination: Ip;
  readonly protocol: number;
  readonly ttl: number;
  /** The type-of-service octet. */
  readonly tos: number;
  readonly identification: number;
  readonly dontFragment: boolean;
}

/** A received packet. `bytes` and `payload` are views of the parsed buffer. */
export interface Ipv4Packet extends Ipv4Header {
  readonly kind: "ipv4";
  /** The octets of header and payload according to the header. */
  readonly totalLength: number;
  /** The octets of the header with its options: 20 to 60. */
  readonly headerOctets: number;
  /** The packet from its header to its total length, without link-layer padding. */
  readonly bytes: Uint8Array;
  readonly payload: Uint8Array;
}

export type Ipv4RefusalReason =
  | "truncated"
  | "notIpv4"
  | "headerLengthErr"
  | "totalLengthErr"
  | "fragment";

export interface Ipv4Refusal {
  readonly kind: "refused";
  readonly reason: Ipv4RefusalReason;
}

const TRUNCATED: Ipv4Refusal = { kind: "refused", reason: "truncated" };
const NOT_IPV4: Ipv4Refusal = { kind: "refused", reason: "notIpv4" };
const HEADER_LENGTH: Ipv4Refusal = { kind: "refused", reason: "headerLengthErr" };
const TOTAL_LENGTH: Ipv4Refusal = { kind: "refused", reason: "totalLengthErr" };
const FRAGMENT: Ipv4Refusal = { kind: "refused", reason: "fragment" };

/**
 * Parses the IPv4 packet at the start of `bytes`; octets after its total length are padding. Does not verify the header
 * checksum, which the kernel has checked. Refuses fragments, since the kernel reassembles them.
 */
export function parseIpv4(bytes: Uint8Array): Ipv4Packet | Ipv4Refusal {
  if (bytes.length < IPV4_HEADER_OCTETS) return TRUNCATED;
  const first = bytes[0] as number;
  if (first >> 4 !== 4) return NOT_IPV4;
  const headerOctets = (first & 0xf) << 2;
  const totalLength = ((bytes[2] as number) << 8) | (bytes[3] as number);
  if (headerOctets < IPV4_HEADER_OCTETS || headerOctets > totalLength) return HEADER_LENGTH;
  if (totalLength > bytes.length) return TOTAL_LENGTH;
  const flags = bytes[6] as number;
  if ((flags & 0x3f) !== 0 || bytes[7] !== 0) return FRAGMENT;
  return {
    kind: "ipv4",
    source: ipv4FromBytes(bytes, 12),
    destination: ipv4FromBytes(bytes, 16),
    protocol: bytes[9] as number,
    ttl: bytes[8] as number,
    tos: bytes[1] as number,
    identification: ((bytes[4] as number) << 8) | (bytes[5] as number),
    dontFragment: (flags & 0x40) !== 0,
    totalLength,
    headerOctets,
    bytes: totalLength === bytes.length ? bytes : bytes.subarray(0, totalLength),
    payload: bytes.subarray(headerOctets, totalLength),
  };
}

/**
 * Writes a packet without options, including its header checksum, to the start of `buffer` (default: a new one) and
 * returns the written part. The payload may already be at its place in the buffer.
 */
export function emitIpv4(
  header: Ipv4Header,
  payload: Uint8Array,
  buffer: Uint8Array = new Uint8Array(IPV4_HEADER_OCTETS + payload.length),
): Uint8Array {
  const totalLength = IPV4_HEADER_OCTETS + payload.length;
  assert(totalLength <= 0xffff && totalLength <= buffer.length, "an IPv4 packet fits its buffer");
  buffer.set(payload, IPV4_HEADER_OCTETS);
  buffer[0] = 0x45;
  buffer[1] = header.tos;
  buffer[2] = totalLength >> 8;
  buffer[3] = totalLength;
  buffer[4] = header.identification >> 8;
  buffer[5] = header.identification;
  buffer[6] = header.dontFragment ? 0x40 : 0;
  buffer[7] = 0;
  buffer[8] = header.ttl;
  buffer[9] = header.protocol;
  buffer[10] = 0;
  buffer[11] = 0;
  buffer.set(ipToBytes(header.source), 12);
  buffer.set(ipToBytes(header.destination), 16);
  const checksum = internetChecksum(buffer, 0, IPV4_HEADER_OCTETS);
  buffer[10] = checksum >> 8;
  buffer[11] = checksum;
  return buffer.subarray(0, totalLength);
}
