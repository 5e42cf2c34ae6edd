// IPv4 packets with a VRRP message, as another node sends them.

import type { Ip } from "../../src/lib/ip.ts";
import { emitIpv4, IPPROTO_VRRP } from "../../src/wire/ipv4.ts";

export interface PacketPath {
  readonly source: Ip;
  readonly destination: Ip;
  /** Default 255. */
  readonly ttl?: number;
}

/** A whole packet with `message`. */
export function vrrpPacket(
  { source, destination, ttl = 255 }: PacketPath,
  message: Uint8Array,
): Uint8Array {
  const header = { source, destination, protocol: IPPROTO_VRRP, ttl, tos: 0xc0 };
  return emitIpv4({ ...header, identification: 0, dontFragment: false }, message);
}
