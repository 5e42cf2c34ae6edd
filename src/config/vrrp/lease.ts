// The lease of floating addresses: their kernel lifetime, and whether it ends before a backup takes over.

import { type Micros, SECOND } from "../../lib/micros.ts";
import type { VipLease } from "./types.ts";
import type { InstanceConfig } from "./vrrp-config.ts";

/** The kernel counts lifetimes in seconds and ends them up to one second late. */
const LATEST_END: Micros = SECOND;
/** From this interval or wait on, clocks that differ by 1 % deviate by more than the skew time of a high priority. */
const DRIFT_INTERVAL: Micros = 2 * SECOND;
const DRIFT_WAIT: Micros = 3 * DRIFT_INTERVAL;
/** The rest of the peers' wait if our clock is slow and theirs is fast. */
const DRIFT_PERCENT = 98;
/** Limits the time that a child may be frozen with long intervals. */
const LONGEST_WAIT: Micros = 3 * SECOND;

/**
 * The minimum time that peers wait after an advert before they take over. All nodes of a virtual router need the same
 * `down_timer_adverts` and the same interval.
 */
export function peersWait(interval: Micros, downTimerAdverts: number): Micros {
  return downTimerAdverts * interval;
}

/** The shortest time that a peer of `instances` waits after an advert, capped at 3 s: for the watch on a frozen process. */
export function shortestPeersWait(
  instances: readonly Pick<InstanceConfig, "advertIntMicros" | "downTimerAdverts">[],
): Micros {
  const waits = instances.map((one) => peersWait(one.advertIntMicros, one.downTimerAdverts));
  return Math.min(LONGEST_WAIT, ...waits);
}

/**
 * The kernel lifetime of a floating address in whole seconds, undefined for none. The kernel removes an address up to
 * a second late, so `auto` ends a second before the peers' wait; the shortest lifetime is a second.
 */
export function leaseSeconds(
  vipLease: VipLease,
  interval: Micros,
  downTimerAdverts: number,
): number | undefined {
  if (vipLease === "off") return undefined;
  if (vipLease !== "auto") return Math.max(1, vipLease);
  const wait = peersWait(interval, downTimerAdverts);
  const percent = interval >= DRIFT_INTERVAL || wait >= DRIFT_WAIT ? DRIFT_PERCENT : 100;
  return Math.max(1, Math.floor((wait * percent) / (100 * SECOND)) - 1);
}

/** The maximum time that an address with a lease of `seconds` stays after its last renewal. */
export function leaseEnd(seconds: number): Micros {
  return seconds * SECOND + LATEST_END;
}

/**
 * True if a lease of `seconds` ends before a peer takes over. False if the peers' wait is under 2 s, or if a longer lease
 * is configured.
 */
export function isLeaseSafe(seconds: number, interval: Micros, downTimerAdverts: number): boolean {
  return leaseEnd(seconds) <= peersWait(interval, downTimerAdverts);
}
