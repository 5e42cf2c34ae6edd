// The IPv6 header (RFC 8200 3).

import { assert } from "../lib/assert.ts";
import { type Ip, ipFromBytes, ipToBytes } from "../lib/ip.ts";

export const IPV6_HEADER_OCTETS = 40;

export interface Ipv6Header {
  readonly source: Ip;
  readonly destination: Ip;
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly trafficClass: number;
  readonly flowLabel: number;
}

/** A received packet; `payload` is a view of the parsed buffer and includes extension headers. */
export interface Ipv6Packet extends Ipv6Header {
  readonly kind: "ipv6";
  readonly payload: Uint8Array;
}

export interface Ipv6Refusal {
  readonly kind: "refused";
  readonly reason: "truncated" | "notIpv6" | "payloadLengthErr";
}

/** Parses the IPv6 packet at the start of `bytes`; octets after its payload are padding. */
export function parseIpv6(bytes: Uint8Array): Ipv6Packet | Ipv6Refusal {
  if (bytes.length < IPV6_HEADER_OCTETS) return { kind: "refused", reason: "truncated" };
  const first = bytes[0] as number;
  const second = bytes[1] as number;
  if (first >> 4 !== 6) return { kind: "refused", reason: "notIpv6" };
  const end = IPV6_HEADER_OCTETS + (((bytes[4] as number) << 8) | (bytes[5] as number));
  if (end > bytes.length) return { kind: "refused", reason: "payloadLengthErr" };
  return {
    kind: "ipv6",
    source: ipFromBytes(bytes.subarray(8, 24)),
    destination: ipFromBytes(bytes.subarray(24, 40)),
    nextHeader: bytes[6] as number,
    hopLimit: bytes[7] as number,
    trafficClass: ((first & 0xf) << 4) | (second >> 4),
    flowLabel: ((second & 0xf) << 16) | ((bytes[2] as number) << 8) | (bytes[3] as number),
    payload: bytes.subarray(IPV6_HEADER_OCTETS, end),
  };
}

/** Writes a packet to the start of `buffer` (default: a new one) and returns the written part. */
export function emitIpv6(
  header: Ipv6Header,
  payload: Uint8Array,
  buffer: Uint8Array = new Uint8Array(IPV6_HEADER_OCTETS + payload.length),
): Uint8Array {
  const octets = IPV6_HEADER_OCTETS + payload.length;
  assert(payload.length <= 0xffff && octets <= buffer.length, "an IPv6 packet fits its buffer");
  buffer.set(payload, IPV6_HEADER_OCTETS);
  buffer[0] = 0x60 | (header.trafficClass >> 4);
  buffer[1] = ((header.trafficClass & 0xf) << 4) | (header.flowLabel >> 16);
  buffer[2] = header.flowLabel >> 8;
  buffer[3] = header.flowLabel;
  buffer[4] = payload.length >> 8;
  buffer[5] = payload.length;
  buffer[6] = header.nextHeader;
  buffer[7] = header.hopLimit;
  buffer.set(ipToBytes(header.source), 8);
  buffer.set(ipToBytes(header.destination), 24);
  return buffer.subarray(0, octets);
}
