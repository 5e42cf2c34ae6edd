// Interface settings under /proc/sys, in the network namespace of the calling thread.

import { readFileSync, writeFileSync } from "node:fs";
import { assert } from "../../lib/assert.ts";

/** Reads `key` of `interfaceName` under net/ipv4/conf; undefined if the interface does not exist. */
export function readIpv4Conf(interfaceName: string, key: string): string | undefined {
  try {
    return readFileSync(pathOf(interfaceName, key), "latin1").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes `key` of `interfaceName`. Throws Node's system error, which contains the path. */
export function writeIpv4Conf(interfaceName: string, key: string, value: string): void {
  // Synchronous: libuv's pool threads may be in another network namespace.
  writeFileSync(pathOf(interfaceName, key), value);
}

function pathOf(interfaceName: string, key: string): string {
  assert(!interfaceName.includes("/") && interfaceName !== "..", "interface name with a slash");
  return `/proc/sys/net/ipv4/conf/${interfaceName}/${key}`;
}
