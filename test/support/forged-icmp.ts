// Builds ICMP errors (RFC 792) about packets that were never sent, as any host on the network can.

import type { Ip } from "../../src/lib/ip.ts";
import { BROADCAST_MAC, mac } from "../../src/lib/mac.ts";
import { IPPROTO_VRRP } from "../../src/lib/vrrp.ts";
import { internetChecksum } from "../../src/wire/checksum.ts";
import { ETH_P_IP, emitEthernet } from "../../src/wire/ethernet.ts";
import { emitIpv4 } from "../../src/wire/ipv4.ts";

/** Protocol number of raw sockets that only send (man 7 raw). */
export const IPPROTO_RAW = 255;
const IPPROTO_ICMP = 1;
const FORGER_MAC = mac("02:00:00:00:00:66");
const CLAIMED_MTU = 576;

/** Addresses and content of a forged error. */
export interface ForgedIcmp {
  /** Source of the ICMP packet: any address. */
  readonly source: Ip;
  /** The host that receives the error. */
  readonly victim: Ip;
  readonly type: number;
  readonly code: number;
  /** The packet that the victim supposedly sent. */
  readonly quoted: { readonly protocol: number; readonly destination: Ip };
}

const UNREACHABLE = 3;
const SOURCE_QUENCH = 4;
const REDIRECT = 5;
const TIME_EXCEEDED = 11;
const PARAMETER_PROBLEM = 12;

/** All types and codes of errors. */
const KINDS: readonly (readonly [type: number, code: number])[] = [
  ...Array.from({ length: 16 }, (_, code) => [UNREACHABLE, code] as const),
  [SOURCE_QUENCH, 0],
  [REDIRECT, 0],
  [REDIRECT, 1],
  [TIME_EXCEEDED, 0],
  [TIME_EXCEEDED, 1],
  [PARAMETER_PROBLEM, 0],
  [PARAMETER_PROBLEM, 2],
];

/** Errors of every kind about packets to each of `destinations`, alternating between both protocols. */
export function everyForgedIcmp(
  source: Ip,
  victim: Ip,
  destinations: readonly Ip[],
): readonly ForgedIcmp[] {
  return KINDS.flatMap(([type, code]) =>
    destinations.flatMap((destination) =>
      [IPPROTO_RAW, IPPROTO_VRRP].map((protocol) => {
        return { source, victim, type, code, quoted: { protocol, destination } };
      }),
    ),
  );
}

/** The IPv4 packet of a forged error. */
export function forgedIcmpPacket({ source, victim, type, code, quoted }: ForgedIcmp): Uint8Array {
  const fields = { ttl: 255, tos: 0xc0, identification: 1, dontFragment: false };
  const claimed = emitIpv4({ ...fields, source: victim, ...quoted }, new Uint8Array(16));
  const message = new Uint8Array(8 + claimed.length);
  message[0] = type;
  message[1] = code;
  // The gateway or the next hop's MTU, depending on the type.
  if (type === REDIRECT) message[7] = 254;
  else new DataView(message.buffer).setUint16(6, CLAIMED_MTU);
  message.set(claimed, 8);
  new DataView(message.buffer).setUint16(2, internetChecksum(message));
  return emitIpv4({ ...fields, source, destination: victim, protocol: IPPROTO_ICMP }, message);
}

/** The Ethernet frame of a forged error. A host accepts a packet to its address in a broadcast frame. */
export function forgedIcmpFrame(forged: ForgedIcmp): Uint8Array {
  const header = { destination: BROADCAST_MAC, source: FORGER_MAC, etherType: ETH_P_IP };
  return emitEthernet(header, forgedIcmpPacket(forged));
}
