// An address of an interface with its prefix length: `192.0.2.1/24`.

import { type Ip, ipFamily, parseIp } from "./ip.ts";

/** The address includes its host bits. */
export interface Prefix {
  readonly address: Ip;
  /** At most 32 for IPv4, 128 for IPv6. */
  readonly prefixLength: number;
}

/** The prefix length of a single address: 32 or 128. */
export function fullPrefixLength(address: Ip): number {
  return ipFamily(address) === 4 ? 32 : 128;
}

/** `192.0.2.1/24`. Equal prefixes have equal texts, so this is also a map key. */
export function prefixText({ address, prefixLength }: Prefix): string {
  return `${address}/${prefixLength}`;
}

/** Parses a prefix; undefined if it is invalid. Without a length it is that of a single address. */
export function parsePrefix(text: string): Prefix | undefined {
  const [, addressText = "", lengthText] = /^([^/]*)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text) ?? [];
  const address = parseIp(addressText);
  if (address === undefined) return undefined;
  const full = fullPrefixLength(address);
  const prefixLength = lengthText === undefined ? full : Number(lengthText);
  return prefixLength <= full ? { address, prefixLength } : undefined;
}

/** Like `parsePrefix`, for constants in the program; throws a RangeError if the text is invalid. */
export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new RangeError(`"${text}" is not an address with a prefix`);
  return parsed;
}

/** The key of an address on its interface: `eth0 192.0.2.1/24`. */
export function addressKey(entry: Prefix & { readonly interface: string }): string {
  return `${entry.interface} ${prefixText(entry)}`;
}

/** The same without the prefix length: `eth0 192.0.2.1`. */
export function hostKey(entry: { readonly interface: string; readonly address: Ip }): string {
  return `${entry.interface} ${entry.address}`;
}
