// Kernel settings under /proc/sys of the network namespace that the calling thread is in.

import { readFileSync, writeFileSync } from "node:fs";
import { assert } from "../../lib/assert.ts";

/** The setting `key` of `interfaceName` under net/ipv4/conf, or undefined when there is no such interface. */
export function readIpv4Conf(interfaceName: string, key: string): string | undefined {
  try {
    return readFileSync(pathOf(interfaceName, key), "latin1").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes it; throws Node's system error, which names the path, when the kernel refuses. */
export function writeIpv4Conf(interfaceName: string, key: string, value: string): void {
  // Synchronous on purpose: libuv's pool threads may be in another network namespace.
  writeFileSync(pathOf(interfaceName, key), value);
}

function pathOf(interfaceName: string, key: string): string {
  assert(!interfaceName.includes("/") && interfaceName !== "..", "an interface name with a slash");
  return `/proc/sys/net/ipv4/conf/${interfaceName}/${key}`;
}
