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

/** A frame as it came in; `payload` is a view of it, padding included. */
export interface EthernetFrame extends EthernetHeader {
  readonly kind: "ethernet";
  readonly payload: Uint8Array;
}

export interface EthernetRefusal {
  readonly kind: "refused";
  /** `notEthernetTwo`: a length stands where the type belongs. */
  readonly reason: "truncated" | "notEthernetTwo";
}

/** The frame that fills `bytes`, without preamble and check sequence. */
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

/** The frame at the start of `buffer` (a fresh one when not given), not padded; returns the part that was written. */
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
