// The Ethernet II header, without tags.

import { assert } from "../lib/assert.ts";
import { type Mac, macFromBytes, macToBytes } from "../lib/mac.ts";

export const ETHERNET_HEADER_OCTETS = 14;
/** linux/if_ether.h */
export const ETH_P_IP = 0x0800;
export const ETH_P_ARP = 0x0806;

export interface EthernetHeader {
  readonly destination: Mac;
  readonly source: Mac;
  readonly etherType: number;
}

/** A received frame; `payload` is a view of it and includes padding. */
export interface EthernetFrame extends EthernetHeader {
  readonly kind: "ethernet";
  readonly payload: Uint8Array;
}

export interface EthernetRefusal {
  readonly kind: "refused";
  /** `notEthernetTwo`: the type field contains a length. */
  readonly reason: "truncated" | "notEthernetTwo";
}

/** Parses a frame that fills `bytes`, without preamble and check sequence. */
export function parseEthernet(bytes: Uint8Array): EthernetFrame | EthernetRefusal {
  if (bytes.length < ETHERNET_HEADER_OCTETS) return { kind: "refused", reason: "truncated" };
  const etherType = ((bytes[12] as number) << 8) | (bytes[13] as number);
  if (etherType < 0x0600) return { kind: "refused", reason: "notEthernetTwo" };
  return {
    kind: "ethernet",
    destination: macFromBytes(bytes, 0),
    source: macFromBytes(bytes, 6),
    etherType,
    payload: bytes.subarray(ETHERNET_HEADER_OCTETS),
  };
}

/** Writes the unpadded frame to the start of `buffer` (default: a new one) and returns the written part. */
export function emitEthernet(
  header: EthernetHeader,
  payload: Uint8Array,
  buffer: Uint8Array = new Uint8Array(ETHERNET_HEADER_OCTETS + payload.length),
): Uint8Array {
  const octets = ETHERNET_HEADER_OCTETS + payload.length;
  assert(octets <= buffer.length, "an Ethernet frame fits its buffer");
  buffer.set(payload, ETHERNET_HEADER_OCTETS);
  buffer.set(macToBytes(header.destination), 0);
  buffer.set(macToBytes(header.source), 6);
  buffer[12] = header.etherType >> 8;
  buffer[13] = header.etherType;
  return buffer.subarray(0, octets);
}
