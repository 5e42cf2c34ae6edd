// How long the kernel is to hold floating addresses that nobody renews, and whether a backup waits that long.

import { type Micros, SECOND } from "../../lib/micros.ts";
import type { VipLease } from "./types.ts";

/** The kernel counts lifetimes in seconds and ends them up to one late. */
const LATEST_END: Micros = SECOND;
/** From this interval or this wait on, clocks that run 1 % apart differ by more than the skew of a high priority. */
const DRIFT_INTERVAL: Micros = 2 * SECOND;
const DRIFT_WAIT: Micros = 3 * DRIFT_INTERVAL;
/** What is left of the peers' wait where ours is the slow clock and theirs the fast one. */
const DRIFT_PERCENT = 98;

/**
 * What peers wait at least after an advert before they take over. All nodes of a virtual router need the same
 * `down_timer_adverts`, just as they need the same interval.
 */
export function peersWait(interval: Micros, downTimerAdverts: number): Micros {
  return downTimerAdverts * interval;
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
