// One advert of a node that the lab does not run: sent by a short program on one of its hosts.

import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../../lab/anchor.ts";
import type { Host } from "../../lab/host.ts";
import { instances } from "./fencing-pair.ts";

export interface StrangeAdvert {
  /** The host's address on eth0. */
  readonly source: string;
  /** Which of the pair's instances, from zero. */
  readonly instance: number;
  readonly priority: number;
}

const triggerFile = "/run/advert-now";

/**
 * Prepares one version 2 advert with an interval of a second for the multicast group. What it gives sends it, within
 * some milliseconds.
 */
export async function prepareAdvert(
  host: Host,
  advert: StrangeAdvert,
): Promise<() => Promise<void>> {
  const { source, priority } = advert;
  const { virtualRouterId = 0, addresses = [] } = instances[advert.instance] ?? {};
  const module = (path: string): string =>
    JSON.stringify(pathToFileURL(join(projectRoot, "dist/src", path)).href);
  const message = {
    version: 2,
    virtualRouterId,
    priority,
    advertisementIntervalMicros: 1_000_000,
    addresses: addresses.map((address) => address.split("/")[0]),
  };
  const program = `
    import { existsSync } from "node:fs";
    import { emitVrrp } from ${module("wire/vrrp.js")};
    import { openVrrpSender } from ${module("os/vrrp-socket.js")};
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
