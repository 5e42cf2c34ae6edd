// Address families in netlink structures. The kernel does not export its linux/socket.h; the numbers are its ABI.

import type { IpFamily } from "../lib/ip.ts";

export const AF_UNSPEC = 0;
export const AF_INET = 2;
export const AF_INET6 = 10;

/** The kernel's number for an IP version. */
export function encodeFamily(family: IpFamily): number {
  return family === 4 ? AF_INET : AF_INET6;
}

/** The octets of an address of the kernel's `family`, or undefined when it is not IP. */
export function addressOctets(family: number): 4 | 16 | undefined {
  if (family === AF_INET) return 4;
  return family === AF_INET6 ? 16 : undefined;
}
