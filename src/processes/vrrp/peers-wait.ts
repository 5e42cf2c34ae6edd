// How long other nodes wait for adverts of this one.

import type { InstanceConfig } from "../../config/config.ts";
import { peersWait } from "../../config/vrrp/lease.ts";
import { type Micros, SECOND } from "../../lib/micros.ts";

/** Limits the time that a child may be frozen with long intervals. */
const LONGEST_WAIT: Micros = 3 * SECOND;

/** The shortest time that a peer of `instances` waits after an advert; at most 3 s. */
export function shortestPeersWait(
  instances: readonly Pick<InstanceConfig, "advertIntMicros" | "downTimerAdverts">[],
): Micros {
  const waits = instances.map((one) => peersWait(one.advertIntMicros, one.downTimerAdverts));
  return Math.min(LONGEST_WAIT, ...waits);
}
