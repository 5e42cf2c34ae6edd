// The Internet checksum (RFC 1071) and the pseudo headers that protocols put under it.

import { type Ip, ipToBytes } from "../lib/ip.ts";

/**
 * The ones' complement sum of `bytes[start, end)` in 16-bit words on top of `sum`, not yet folded. A last single
 * octet counts as the upper half of a word. Sums of up to 64 KiB fit many times over into a number.
 */
export function addOctets(sum: number, bytes: Uint8Array, start: number, end: number): number {
  let total = sum;
  const even = end - ((end - start) & 1);
  for (let index = start; index < even; index += 2) {
    total += ((bytes[index] as number) << 8) | (bytes[index + 1] as number);
  }
  return even === end ? total : total + ((bytes[even] as number) << 8);
}

/** The checksum field for what was summed; zero for a sum that holds a right checksum already. */
export function finishChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x1_0000);
  return ~folded & 0xffff;
}

/** The checksum of `bytes[start, end)`; zero when these octets hold their own right checksum. */
export function internetChecksum(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  return finishChecksum(addOctets(0, bytes, start, end));
}

/**
 * The unfolded sum of the pseudo header for an upper-layer message of `octets`: RFC 793 3.1 for IPv4, RFC 8200 8.1
 * for IPv6. Both give the same sum for the same parts, so one function serves both.
 */
export function pseudoHeaderSum(
  source: Ip,
  destination: Ip,
  protocol: number,
  octets: number,
): number {
  const from = ipToBytes(source);
  const to = ipToBytes(destination);
  return addOctets(addOctets(protocol + octets, from, 0, from.length), to, 0, to.length);
}
