// Builds IPv4 packets with a VRRP message, as another node sends them.

import type { Ip } from "../../src/lib/ip.ts";
import { IPPROTO_VRRP } from "../../src/lib/vrrp.ts";
import { finishChecksum, internetChecksum, pseudoHeaderSum } from "../../src/wire/checksum.ts";
import { emitIpv4, type Ipv4Packet } from "../../src/wire/ipv4.ts";

export interface PacketPath {
  readonly source: Ip;
  readonly destination: Ip;
  /** Default 255. */
  readonly ttl?: number;
}

/** An IPv4 packet with `message`. */
export function vrrpPacket(
  { source, destination, ttl = 255 }: PacketPath,
  message: Uint8Array,
): Uint8Array {
  const header = { source, destination, protocol: IPPROTO_VRRP, ttl, tos: 0xc0 };
  return emitIpv4({ ...header, identification: 0, dontFragment: false }, message);
}

/** Corrects the checksum of a message of at least eight octets, which may be invalid otherwise. */
export function repairVrrpChecksum({ payload, source, destination }: Ipv4Packet): void {
  if (payload.length < 8) return;
  payload[6] = 0;
  payload[7] = 0;
  const pseudo = (payload[0] as number) >> 4 === 3;
  const sum = pseudo ? pseudoHeaderSum(source, destination, IPPROTO_VRRP, payload.length) : 0;
  const checksum = finishChecksum(sum + (~internetChecksum(payload) & 0xffff));
  payload[6] = checksum >> 8;
  payload[7] = checksum;
}
