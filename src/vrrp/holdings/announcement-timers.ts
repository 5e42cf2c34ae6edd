// The timers of an active virtual router's announcements after its first burst.

import type { GarpConfig } from "../../config/vrrp/vrrp-config.ts";
import type { Micros } from "../../lib/micros.ts";

export interface AnnouncementTimers {
  /** The second burst after becoming active. */
  againAt: Micros | undefined;
  refreshAt: Micros | undefined;
  /** The second burst after an advert of a worse router. */
  contestedAt: Micros | undefined;
}

/** The timers of a router that became active at `now`. */
export function newAnnouncementTimers(garp: GarpConfig, now: Micros): AnnouncementTimers {
  return {
    ...resumedAnnouncementTimers(garp, now),
    againAt: garp.masterDelayMicros > 0 ? now + garp.masterDelayMicros : undefined,
  };
}

/** The timers of a router that resumed at `now`: its addresses never left, so only the refresh goes on. */
export function resumedAnnouncementTimers(garp: GarpConfig, now: Micros): AnnouncementTimers {
  return { againAt: undefined, refreshAt: firstRefresh(garp, now), contestedAt: undefined };
}

/** Applies a new refresh interval: the next refresh is due that long after the last one. */
export function retimeRefresh(
  timers: AnnouncementTimers,
  { before, after }: { readonly before: GarpConfig; readonly after: GarpConfig },
  now: Micros,
): void {
  const { refreshAt } = timers;
  if (refreshAt === undefined || after.masterRefreshMicros === 0) {
    timers.refreshAt = firstRefresh(after, now);
  } else timers.refreshAt = refreshAt - before.masterRefreshMicros + after.masterRefreshMicros;
}

function firstRefresh({ masterRefreshMicros }: GarpConfig, now: Micros): Micros | undefined {
  return masterRefreshMicros > 0 ? now + masterRefreshMicros : undefined;
}

/** Sets the timer of the second burst after an advert of a worse router at `now`. */
export function startContestTimer(timers: AnnouncementTimers, garp: GarpConfig, now: Micros): void {
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
