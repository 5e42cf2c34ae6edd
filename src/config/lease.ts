// How long the kernel is to hold floating addresses that nobody renews, and whether a backup waits that long.

import { type Micros, SECOND } from "../lib/micros.ts";
import type { VipLease } from "./config.ts";

/** How many adverts a peer misses before it takes over, unless it is configured otherwise. */
const PEER_DOWN_TIMER_ADVERTS = 3;
/** The kernel counts lifetimes in seconds and ends them up to one late. */
const LATEST_END: Micros = SECOND;

/** What every peer waits at least after an advert before it takes over. */
export function peersWait(interval: Micros, downTimerAdverts: number): Micros {
  return Math.min(PEER_DOWN_TIMER_ADVERTS, downTimerAdverts) * interval;
}

/**
 * The kernel lifetime of a floating address in whole seconds, undefined for none. The kernel takes an address away up
 * to a second late, so `auto` ends a second before the peers' wait; a second is the least there is.
 */
export function leaseSeconds(
  vipLease: VipLease,
  interval: Micros,
  downTimerAdverts: number,
): number | undefined {
  if (vipLease === "off") return undefined;
  if (vipLease !== "auto") return Math.max(1, vipLease);
  return Math.max(1, Math.floor(peersWait(interval, downTimerAdverts) / SECOND) - 1);
}

/** How long after its last renewal an address with a lease of `seconds` may stand. */
export function leaseEnd(seconds: number): Micros {
  return seconds * SECOND + LATEST_END;
}

/**
 * Whether a lease of `seconds` is over before a peer takes over. It is not where the peers' wait is under 2 s, or where
 * the configuration asks for a longer one.
 */
export function isLeaseSafe(seconds: number, interval: Micros, downTimerAdverts: number): boolean {
  return leaseEnd(seconds) <= peersWait(interval, downTimerAdverts);
}
