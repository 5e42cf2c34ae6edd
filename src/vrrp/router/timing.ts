// The arithmetic of VRRP's timers, of adverts that share a beat, and of pauses. All in microseconds.

import { peersWait } from "../../config/vrrp/lease.ts";
import { OWNER_PRIORITY } from "../../config/vrrp/types.ts";
import { CENTISECOND, MILLISECOND, type Micros, SECOND } from "../../lib/micros.ts";

const MAXIMUM_SLACK: Micros = 20 * MILLISECOND;
const LONGEST_FRESH: Micros = 250 * MILLISECOND;
/** Peers may take over earlier than we compute by this much. */
const RESUME_MARGIN: Micros = 100 * MILLISECOND;
/** Without a lease: how much longer than the peers' wait a pause may be. */
const LEASELESS_GRACE: Micros = 200 * MILLISECOND;

/**
 * RFC 9568 6.1, Skew_Time. Version 2: (256 - priority) / 256 s whatever the interval (RFC 3768 6.1); version 3: that
 * share of the active router's interval, in whole centiseconds.
 */
export function skewTime(version: 2 | 3, priority: number, activeInterval: Micros): Micros {
  if (version === 2) return Math.floor(((256 - priority) * SECOND) / 256);
  const centiseconds = Math.floor(activeInterval / CENTISECOND);
  return Math.floor(((256 - priority) * centiseconds) / 256) * CENTISECOND;
}

/** RFC 9568 6.1, Active_Down_Interval. */
export function activeDownInterval(
  version: 2 | 3,
  priority: number,
  activeInterval: Micros,
  downTimerAdverts: number,
): Micros {
  return peersWait(activeInterval, downTimerAdverts) + skewTime(version, priority, activeInterval);
}

/** The first wait of an instance with `state MASTER`: one interval and the least skew. */
export function eagerInterval(version: 2 | 3, interval: Micros): Micros {
  return interval + skewTime(version, OWNER_PRIORITY, interval);
}

/**
 * The time between adverts: the interval, or less if a lease would otherwise depend on a single punctual advert (a
 * lease of 1 s with an interval of 0.9 s), since a lease is renewed only after an advert.
 */
export function advertPeriod(interval: Micros, leaseSeconds: number | undefined): Micros {
  if (leaseSeconds === undefined) return interval;
  return Math.min(interval, Math.round(leaseSeconds * 0.6 * SECOND));
}

/** How much earlier than due an advert may be sent to share a step with others: 2 %, at most 20 ms. */
export function coalescingSlack(period: Micros): Micros {
  return Math.min(Math.floor(period / 50), MAXIMUM_SLACK);
}

/**
 * When the next advert is due after one sent at `now`: at the next beat, a multiple of the period that all
 * instances of that period share. Leases renewed together end together; others may end up to a second late, since the
 * kernel checks them at most once a second. If that beat is nearer than the slack, a whole period later, on no beat: an
 * interval is never longer than the period.
 */
export function nextAdvertDue(now: Micros, period: Micros): Micros {
  const beat = (Math.floor(now / period) + 1) * period;
  return beat - now > coalescingSlack(period) ? beat : now + period;
}

/**
 * True if an event caused by adverts may be logged and notified again after `loggedAt`: a router that sends more often
 * than every `interval` must not fill the log or start endless scripts.
 */
export function mayLogAgain(loggedAt: Micros | undefined, now: Micros, interval: Micros): boolean {
  return loggedAt === undefined || now - loggedAt >= interval / 2;
}

/**
 * True if an advert that was queued for `waitedMicros` (undefined: unknown) shows that its sender is alive. The one that
 * a process reads after a pause may be the last of a dead router.
 */
export function isFresh(
  waitedMicros: Micros | undefined,
  { advertisementIntervalMicros }: { readonly advertisementIntervalMicros: Micros },
): boolean {
  if (waitedMicros === undefined) return false;
  return waitedMicros <= Math.min(advertisementIntervalMicros / 4, LONGEST_FRESH);
}

// How long an active router may be silent after `lastAdvertAt`; `wait` is `peersWait`. After its process was killed, the
// parent waits until `resumeBy` for another process. That one resumes the router until `resumeLimit`, and otherwise begins
// as a backup. A process that was only paused gives up at the end of its lease or, without one, at `leaselessLimit`.

/** The time by which a new process must be ready to resume. With a short lease it may have to refuse before. */
export function resumeBy(lastAdvertAt: Micros, wait: Micros): Micros {
  return lastAdvertAt + wait - RESUME_MARGIN;
}

/** The time until which a new process may resume. */
export function resumeLimit(
  lastAdvertAt: Micros,
  wait: Micros,
  leaseSeconds: number | undefined,
): Micros {
  const beforePeers = lastAdvertAt + wait - Math.floor(wait / 20);
  if (leaseSeconds === undefined) return beforePeers;
  return Math.min(beforePeers, lastAdvertAt + leaseSeconds * SECOND);
}

/** The time from which an active router without a lease must assume an active peer. */
export function leaselessLimit(lastAdvertAt: Micros, wait: Micros): Micros {
  return lastAdvertAt + wait + LEASELESS_GRACE;
}
