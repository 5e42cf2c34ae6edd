// ICMP errors about packets that were never sent (RFC 792), as anyone on a network can make them.

import type { Ip } from "../../src/lib/ip.ts";
import { BROADCAST_MAC, mac } from "../../src/lib/mac.ts";
import { internetChecksum } from "../../src/wire/checksum.ts";
import { ETH_P_IP, emitEthernet } from "../../src/wire/ethernet.ts";
import { emitIpv4, IPPROTO_VRRP } from "../../src/wire/ipv4.ts";

/** The protocol of raw sockets that only send (man 7 raw). */
export const IPPROTO_RAW = 255;
const IPPROTO_ICMP = 1;
const FORGER_MAC = mac("02:00:00:00:00:66");
const CLAIMED_MTU = 576;

/** Where a forged error goes and what it claims. */
export interface ForgedIcmp {
  /** Of the ICMP packet: any address. */
  readonly source: Ip;
  /** The host that is lied to. */
  readonly victim: Ip;
  readonly type: number;
  readonly code: number;
  /** The packet that the victim is said to have sent. */
  readonly quoted: { readonly protocol: number; readonly destination: Ip };
}

const UNREACHABLE = 3;
const SOURCE_QUENCH = 4;
const REDIRECT = 5;
const TIME_EXCEEDED = 11;
const PARAMETER_PROBLEM = 12;

/** Every type and code that reports an error. */
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

/** Errors of every kind about packets to each of `destinations`, by turns of one protocol and the other. */
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

/** The whole IPv4 packet. */
export function forgedIcmpPacket({ source, victim, type, code, quoted }: ForgedIcmp): Uint8Array {
  const fields = { ttl: 255, tos: 0xc0, identification: 1, dontFragment: false };
  const claimed = emitIpv4({ ...fields, source: victim, ...quoted }, new Uint8Array(16));
  const message = new Uint8Array(8 + claimed.length);
  message[0] = type;
  message[1] = code;
  // The next hop's MTU or the gateway, each where its kind has it.
  if (type === REDIRECT) message[7] = 254;
  else new DataView(message.buffer).setUint16(6, CLAIMED_MTU);
  message.set(claimed, 8);
  new DataView(message.buffer).setUint16(2, internetChecksum(message));
  return emitIpv4({ ...fields, source, destination: victim, protocol: IPPROTO_ICMP }, message);
}

/** The whole Ethernet frame. A host takes a broadcast frame whose packet is for it: nobody has to ask for its MAC. */
export function forgedIcmpFrame(forged: ForgedIcmp): Uint8Array {
  const header = { destination: BROADCAST_MAC, source: FORGER_MAC, etherType: ETH_P_IP };
  return emitEthernet(header, forgedIcmpPacket(forged));
}
