// An address with the length of its prefix, as an interface holds it: `192.0.2.1/24`.

import { type Ip, ipFamily, parseIp } from "./ip.ts";

/** An address with all its bits, the host's too. */
export interface Prefix {
  readonly address: Ip;
  /** Up to 32 for IPv4, up to 128 for IPv6. */
  readonly prefixLength: number;
}

/** The length of a prefix that covers `address` alone: 32 or 128. */
export function fullPrefixLength(address: Ip): number {
  return ipFamily(address) === 4 ? 32 : 128;
}

/** `192.0.2.1/24`. Equal prefixes have equal texts, so this is also their key in maps and sets. */
export function prefixText({ address, prefixLength }: Prefix): string {
  return `${address}/${prefixLength}`;
}

/** The prefix that `text` spells, or undefined. Without a length it is a full one. */
export function parsePrefix(text: string): Prefix | undefined {
  const [, addressText = "", lengthText] = /^([^/]*)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  const address = parseIp(addressText);
  if (address === undefined) return undefined;
  const full = fullPrefixLength(address);
  const prefixLength = lengthText === undefined ? full : Number(lengthText);
  return prefixLength <= full ? { address, prefixLength } : undefined;
}

/** `parsePrefix` for text that the program itself wrote; throws a RangeError on anything else. */
export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new RangeError(`"${text}" is not an address with a prefix`);
  return parsed;
}

/** The key of an address on its interface: `eth0 192.0.2.1/24`. */
export function addressKey(entry: Prefix & { readonly interface: string }): string {
  return `${entry.interface} ${prefixText(entry)}`;
}

/** The key of an address on its interface, whatever its prefix length: `eth0 192.0.2.1`. */
export function hostKey(entry: { readonly interface: string; readonly address: Ip }): string {
  return `${entry.interface} ${entry.address}`;
}
