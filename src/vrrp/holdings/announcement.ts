// The timers of an active virtual router's announcements after its first burst.

import type { GarpConfig } from "../../config/config.ts";
import type { Micros } from "../../lib/micros.ts";

export interface AnnouncementTimers {
  /** The second burst after becoming active. */
  againAt: Micros | undefined;
  refreshAt: Micros | undefined;
  /** The second burst after an advert of a worse router. */
  contestedAt: Micros | undefined;
}

/** No timers yet, for a process that resumed another's state. */
export function noAnnouncements(): AnnouncementTimers {
  return { againAt: undefined, refreshAt: undefined, contestedAt: undefined };
}

/** The timers of a router that became active at `now`. */
export function announcementsFrom(garp: GarpConfig, now: Micros): AnnouncementTimers {
  return {
    againAt: garp.masterDelayMicros > 0 ? now + garp.masterDelayMicros : undefined,
    refreshAt: garp.masterRefreshMicros > 0 ? now + garp.masterRefreshMicros : undefined,
    contestedAt: undefined,
  };
}

/** Sets the timer of the second burst after an advert of a worse router at `now`. */
export function contestAnnouncements(
  timers: AnnouncementTimers,
  garp: GarpConfig,
  now: Micros,
): void {
  if (garp.lowerPrioRepeat === 0 || garp.lowerPrioDelayMicros === 0) return;
  timers.contestedAt ??= now + garp.lowerPrioDelayMicros;
}

/** When the next announcement is due; infinity if none is. */
export function nextAnnouncement({
  againAt = Number.POSITIVE_INFINITY,
  refreshAt = Number.POSITIVE_INFINITY,
  contestedAt = Number.POSITIVE_INFINITY,
}: AnnouncementTimers): Micros {
  return Math.min(againAt, refreshAt, contestedAt);
}

/** Re-arms the timers that are due at `now`, and returns how often to announce each address. */
export function takeDueRepeats(timers: AnnouncementTimers, garp: GarpConfig, now: Micros): number {
  let repeats = 0;
  if (timers.againAt !== undefined && now >= timers.againAt) {
    timers.againAt = undefined;
    repeats = garp.masterRepeat;
  }
  if (timers.contestedAt !== undefined && now >= timers.contestedAt) {
    timers.contestedAt = undefined;
    repeats = Math.max(repeats, garp.lowerPrioRepeat);
  }
  if (timers.refreshAt !== undefined && now >= timers.refreshAt) {
    timers.refreshAt = now + garp.masterRefreshMicros;
    repeats = Math.max(repeats, garp.masterRefreshRepeat);
  }
  return repeats;
}
