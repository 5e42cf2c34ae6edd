// Address families in netlink structures. Not generated, since the kernel's headers do not export these constants.

import type { IpFamily } from "../lib/ip.ts";

export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** The address family of an IP version. */
export function encodeFamily(family: IpFamily): number {
  return family === 4 ? AF_INET : AF_INET6;
}

/** The size of an address of `family` in octets; undefined if it is not IP. */
export function addressOctets(family: number): 4 | 16 | undefined {
  if (family === AF_INET) return 4;
  return family === AF_INET6 ? 16 : undefined;
}
