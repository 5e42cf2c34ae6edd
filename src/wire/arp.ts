// ARP for IPv4 over Ethernet (RFC 826), and the gratuitous ARP that moves a floating address (RFC 9568 6.4.3).

import { assert } from "../lib/assert.ts";
import { type Ip, ipToBytes, ipv4FromBytes } from "../lib/ip.ts";
import { BROADCAST_MAC, type Mac, macFromBytes, macToBytes } from "../lib/mac.ts";
import { ETH_P_ARP, ETH_P_IP, ETHERNET_HEADER_OCTETS, emitEthernet } from "./ethernet.ts";

export const ARP_OCTETS = 28;
/** linux/if_arp.h */
export const ARPHRD_ETHER = 1;
export const ARPOP_REQUEST = 1;
export const ARPOP_REPLY = 2;

export interface ArpMessage {
  readonly operation: number;
  readonly senderMac: Mac;
  readonly senderIp: Ip;
  readonly targetMac: Mac;
  readonly targetIp: Ip;
}

export type ParsedArp =
  | { readonly ok: true; readonly message: ArpMessage }
  /** `notIpv4OverEthernet`: other address types or lengths. */
  | { readonly ok: false; readonly refusal: "truncated" | "notIpv4OverEthernet" };

/** Parses the message at the start of `bytes`, the payload of a frame. Further octets are padding. */
export function parseArp(bytes: Uint8Array): ParsedArp {
  if (bytes.length < ARP_OCTETS) return { ok: false, refusal: "truncated" };
  const hardware = ((bytes[0] as number) << 8) | (bytes[1] as number);
  const protocol = ((bytes[2] as number) << 8) | (bytes[3] as number);
  if (hardware !== ARPHRD_ETHER || protocol !== ETH_P_IP || bytes[4] !== 6 || bytes[5] !== 4) {
    return { ok: false, refusal: "notIpv4OverEthernet" };
  }
  return {
    ok: true,
    message: {
      operation: ((bytes[6] as number) << 8) | (bytes[7] as number),
      senderMac: macFromBytes(bytes, 8),
      senderIp: ipv4FromBytes(bytes, 14),
      targetMac: macFromBytes(bytes, 18),
      targetIp: ipv4FromBytes(bytes, 24),
    },
  };
}

/** Writes the 28 octets to the start of `buffer` (default: a new one) and returns the written part. */
export function emitArp(
  message: ArpMessage,
  buffer: Uint8Array = new Uint8Array(ARP_OCTETS),
): Uint8Array {
  assert(buffer.length >= ARP_OCTETS, "an ARP message fits its buffer");
  buffer.set([0, ARPHRD_ETHER, ETH_P_IP >> 8, ETH_P_IP & 0xff, 6, 4]);
  buffer[6] = message.operation >> 8;
  buffer[7] = message.operation;
  buffer.set(macToBytes(message.senderMac), 8);
  buffer.set(ipToBytes(message.senderIp), 14);
  buffer.set(macToBytes(message.targetMac), 18);
  buffer.set(ipToBytes(message.targetIp), 24);
  return buffer.subarray(0, ARP_OCTETS);
}

/**
 * The Ethernet frame, 42 octets, that announces `address` at `sender`: a broadcast request whose sender and target
 * address are the same and whose target MAC is all ones, as keepalived sends it.
 */
export function emitGratuitousArp(sender: Mac, address: Ip, buffer?: Uint8Array): Uint8Array {
  const message = emitArp({
    operation: ARPOP_REQUEST,
    senderMac: sender,
    senderIp: address,
    targetMac: BROADCAST_MAC,
    targetIp: address,
  });
  const header = { destination: BROADCAST_MAC, source: sender, etherType: ETH_P_ARP };
  return emitEthernet(
    header,
    message,
    buffer ?? new Uint8Array(ETHERNET_HEADER_OCTETS + ARP_OCTETS),
  );
}
