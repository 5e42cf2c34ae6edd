// One advert of a node that the lab does not run: sent by a short program on one of its hosts.

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

/** Sends one version 2 advert with an interval of a second to the multicast group. */
export async function sendAdvert(host: Host, advert: StrangeAdvert): Promise<void> {
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
    import { emitVrrp } from ${module("wire/vrrp.js")};
    import { openVrrpSender } from ${module("os/vrrp-socket.js")};
    const path = { source: ${JSON.stringify(source)}, destination: "224.0.0.18" };
    const bytes = emitVrrp(${JSON.stringify(message)}, path);
    const failures = openVrrpSender({ interface: "eth0" }).send([{ ...path, ttl: 255, bytes }]);
    process.exit(failures.length);
  `;
  await host.run([process.execPath, "--input-type=module", "-e", program]);
}
