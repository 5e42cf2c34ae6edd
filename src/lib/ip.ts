// IP addresses as canonical text: each address has one spelling, so that `===`, map keys and log lines agree.

declare const ipBrand: unique symbol;

/** An IPv4 address in dotted decimal, or an IPv6 address in the form of RFC 5952. Only this file creates them. */
export type Ip = string & { readonly [ipBrand]: true };

export type IpFamily = 4 | 6;

const DOT = 0x2e;
const ZERO = 0x30;

/** Parses an address; undefined if it is invalid. IPv4 needs four decimal numbers without leading zeros. */
export function parseIp(text: string): Ip | undefined {
  const bytes = text.includes(":") ? parseIpv6Bytes(text) : parseIpv4Bytes(text);
  return bytes === undefined ? undefined : ipFromBytes(bytes);
}

/** Like `parseIp`, for constants in the program; throws a RangeError if the text is invalid. */
export function ip(text: string): Ip {
  const address = parseIp(text);
  if (address === undefined) throw new RangeError(`"${text}" is not an IP address`);
  return address;
}

/** The IP version of an address. */
export function ipFamily(address: Ip): IpFamily {
  return address.includes(":") ? 6 : 4;
}

/** Four or sixteen bytes in network order. */
export function ipToBytes(address: Ip): Uint8Array {
  const bytes = address.includes(":") ? parseIpv6Bytes(address) : parseIpv4Bytes(address);
  if (bytes === undefined) throw new RangeError(`"${address}" is not an IP address`);
  return bytes;
}

/** The 32 bits of an IPv4 address; undefined for other text. Allocates nothing, since it runs for each packet. */
export function ipv4ToNumber(text: string): number | undefined {
  let value = 0;
  let dots = 0;
  let octet: number | undefined;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      if (octet === undefined) return undefined;
      value = value * 256 + octet;
      octet = undefined;
      dots++;
    } else {
      const digit = code - ZERO;
      // A digit after a zero: the number has a leading zero.
      if (digit < 0 || digit > 9 || octet === 0) return undefined;
      octet = (octet ?? 0) * 10 + digit;
      if (octet > 255) return undefined;
    }
  }
  return dots === 3 && octet !== undefined ? value * 256 + octet : undefined;
}

/** The address in four or sixteen bytes; throws a RangeError for any other length. */
export function ipFromBytes(bytes: Uint8Array): Ip {
  if (bytes.length === 4) return ipv4FromBytes(bytes, 0);
  if (bytes.length === 16) return formatIpv6(bytes) as Ip;
  throw new RangeError(`an IP address has 4 or 16 bytes, not ${bytes.length}`);
}

/** The IPv4 address at `offset`; the caller has checked the length. */
export function ipv4FromBytes(bytes: Uint8Array, offset: number): Ip {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}` as Ip;
}

/** Negative, zero or positive if `a` is lower than, equal to or higher than `b` in network order (RFC 9568 6.4.3). */
export function compareIp(a: Ip, b: Ip): number {
  if (a === b) return 0;
  const left = ipToBytes(a);
  const right = ipToBytes(b);
  if (left.length !== right.length) return left.length - right.length;
  for (let index = 0; index < left.length; index++) {
    const difference = (left[index] as number) - (right[index] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** True for IPv4 224.0.0.0/4 and IPv6 ff00::/8. */
export function isMulticast(address: Ip): boolean {
  // Called for each packet: reads only the first number of the text.
  return ipFamily(address) === 4
    ? Number.parseInt(address, 10) >> 4 === 0xe
    : Number.parseInt(address, 16) >> 8 === 0xff;
}

/** True for IPv6 fe80::/10. */
export function isLinkLocal(address: Ip): boolean {
  return ipFamily(address) === 6 && (Number.parseInt(address, 16) & 0xffc0) === 0xfe80;
}

function parseIpv4Bytes(text: string): Uint8Array | undefined {
  const value = ipv4ToNumber(text);
  return value === undefined
    ? undefined
    : Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

function parseIpv6Bytes(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] as string);
  const tail = halves.length === 2 ? parseGroups(halves[1] as string) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(Math.max(missing, 0)).fill(0), ...tail]);
}

/** The bytes of colon-separated groups; the last group may be an IPv4 address. */
function parseGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [index, group] of groups.entries()) {
    if (group.includes(".") && index === groups.length - 1) {
      const ipv4 = parseIpv4Bytes(group);
      if (ipv4 === undefined) return undefined;
      bytes.push(...ipv4);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as `::`. */
function formatIpv6(bytes: Uint8Array): string {
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) {
    groups.push(((bytes[index] as number) << 8) | (bytes[index + 1] as number));
  }
  let bestStart = -1;
  let bestLength = 1;
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > bestLength) {
      bestStart = start;
      bestLength = length;
    }
  }
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(":");
  if (bestStart < 0) return hex(groups);
  return `${hex(groups.slice(0, bestStart))}::${hex(groups.slice(bestStart + bestLength))}`;
}
