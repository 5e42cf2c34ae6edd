// Sends one advert of a made-up node from a lab host.

import assert from "node:assert/strict";
import type { Host } from "../../lab/host.ts";
import { beside } from "../support/node-program.ts";
import { instances } from "./fencing-pair.ts";

export interface ForeignAdvert {
  /** The host's address on eth0. */
  readonly source: string;
  /** Index of the pair's instance. */
  readonly instance: number;
  readonly priority: number;
}

const triggerFile = "/run/advert-now";

/**
 * Prepares a version 2 advert with an interval of a second to the multicast group. The returned function sends it within
 * milliseconds.
 */
export async function prepareAdvert(
  host: Host,
  advert: ForeignAdvert,
): Promise<() => Promise<void>> {
  const { source, priority } = advert;
  const { virtualRouterId = 0, addresses = [] } = instances[advert.instance] ?? {};

  const message = {
    version: 2,
    virtualRouterId,
    priority,
    advertisementIntervalMicros: 1_000_000,
    addresses: addresses.map((address) => address.split("/")[0]),
  };
  const program = `
    import { existsSync } from "node:fs";
    import { emitVrrp } from ${beside(import.meta.url, "../../src/wire/vrrp.js")};
    import { openVrrpSender } from ${beside(import.meta.url, "../../src/os/net/vrrp-socket.js")};
    const path = { source: ${JSON.stringify(source)}, destination: "224.0.0.18" };
    const bytes = emitVrrp(${JSON.stringify(message)}, path);
    const sender = openVrrpSender({ interface: "eth0" });
    console.log("ready");
    setInterval(() => {
      if (existsSync("${triggerFile}")) process.exit(sender.send([{ ...path, ttl: 255, bytes }]).length);
    }, 2);
  `;
  const sending = host.spawn([process.execPath, "--input-type=module", "-e", program]);
  await sending.waitForLine(/^ready$/);
  return async () => {
    host.write(triggerFile, "");
    assert.equal((await sending.ended).code, 0);
  };
}
