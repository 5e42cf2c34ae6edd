// The Internet checksum (RFC 1071) and pseudo headers.

import { type Ip, ipToBytes, ipv4ToNumber } from "../lib/ip.ts";

/**
 * Adds the 16-bit words of `bytes[start, end)` to `sum`, without folding. A last single octet is the upper half of a
 * word. The sum of 64 KiB is exact in a number.
 */
export function addOctets(sum: number, bytes: Uint8Array, start: number, end: number): number {
  let total = sum;
  const even = end - ((end - start) & 1);
  for (let index = start; index < even; index += 2) {
    total += ((bytes[index] as number) << 8) | (bytes[index + 1] as number);
  }
  return even === end ? total : total + ((bytes[even] as number) << 8);
}

/** The checksum for a sum; zero if the summed octets contain their correct checksum. */
export function finishChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}

/** The checksum of `bytes[start, end)`; zero if they contain their correct checksum. */
export function internetChecksum(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  return finishChecksum(addOctets(0, bytes, start, end));
}

/**
 * The unfolded sum of the pseudo header for an upper-layer message of `octets`, by RFC 793 3.1 for IPv4 and RFC 8200 8.1
 * for IPv6, which give the same sum for the same parts.
 */
export function pseudoHeaderSum(
  source: Ip,
  destination: Ip,
  protocol: number,
  octets: number,
): number {
  return protocol + octets + wordSum(source) + wordSum(destination);
}

/** The unfolded sum of the 16-bit words of an address. */
function wordSum(address: Ip): number {
  const ipv4 = ipv4ToNumber(address);
  if (ipv4 !== undefined) return (ipv4 >>> 16) + (ipv4 & 0xffff);
  const bytes = ipToBytes(address);
  return addOctets(0, bytes, 0, bytes.length);
}
