// What a virtual router does while it is Active (RFC 9568 6.4.3): adverts, leases, announcements, and how it leaves.

import type { VirtualAddress } from "../config/config.ts";
import { MILLISECOND, type Micros } from "../lib/micros.ts";
import { advertActions } from "./advert.ts";
import {
  type AnnouncementTimers,
  contestAnnouncements,
  dueRepeats,
  nextAnnouncement,
} from "./announcement.ts";
import { arpAddresses, type SetAddresses } from "./floating.ts";
import { line } from "./lines.ts";
import type { ReceivedAdvert } from "./receive.ts";
import type { Active, Lease, Router } from "./state.ts";
import { advertPeriod, isSeldom, leaselessLimit, nextAdvertDue, peersWait } from "./timing.ts";
import { advertSource } from "./tracking.ts";
import type { Turn } from "./turn.ts";

/** Others are answered at most this often: no interval is shorter. */
const LEAST_ANSWER_GAP: Micros = 10 * MILLISECOND;

/** An active router whose last advert left at `lastAdvertAt`: the next is due, and it has no lease yet. */
export function newActive(lastAdvertAt: Micros, announcements: AnnouncementTimers): Active {
  return {
    kind: "active",
    lastAdvertAt,
    advertDueAt: lastAdvertAt,
    lease: undefined,
    announcements,
    worseToldAt: undefined,
    zeroToldAt: undefined,
    secondOwnerUntil: undefined,
  };
}

/** When an active router next has something to do. */
export function activeDeadline({ advertDueAt, announcements }: Active): Micros {
  return Math.min(advertDueAt, nextAnnouncement(announcements));
}

/** The time between two adverts of this router. */
export function periodOf({ config, floating }: Router): Micros {
  return advertPeriod(config.advertIntMicros, floating.lease);
}

/** Whether its own advert is so late that whoever speaks meanwhile may hold the addresses. */
export function isOverdue(router: Router, active: Active, now: Micros): boolean {
  return now > active.advertDueAt + periodOf(router) / 2;
}

/** Whether it has been silent for so long that its lease is over or, without one, that its peers no longer wait. */
export function isSilentTooLong({ config }: Router, active: Active, now: Micros): boolean {
  if (active.lease !== undefined) return now >= active.lease.endAt;
  const wait = peersWait(config.advertIntMicros, config.downTimerAdverts);
  return now > leaselessLimit(active.lastAdvertAt, wait);
}

/**
 * An advert, `isOnTime` when the timer asks for it and not something else. After it the addresses: `set` when given,
 * else a renewal when one is due, since a lease counts from an advert.
 */
export function advertise(
  turn: Turn,
  router: Router,
  active: Active,
  isOnTime: boolean,
  set?: SetAddresses,
): void {
  const { floating } = router;
  const period = periodOf(router);
  active.advertDueAt = nextAdvertDue(turn.now, period);
  active.lastAdvertAt = turn.now;
  recordActive(turn, router, active);
  sendAdvert(turn, router);
  const isDue =
    active.lease !== undefined && isRenewalDue(active.lease, turn.now, period, isOnTime);
  const action = set ?? (isDue ? floating.renewAction : undefined);
  if (action === undefined) return;
  turn.setAddresses(action);
  const lease = floating.leaseMicros;
  active.lease =
    lease === undefined
      ? undefined
      : { endAt: turn.now + lease, renewAt: turn.now + Math.floor(lease / 3) };
}

/**
 * After a third of the lease; with the first beat after it began also earlier, where it would otherwise hang on the
 * punctuality of the beat after that.
 */
function isRenewalDue(
  { endAt, renewAt }: Lease,
  now: Micros,
  period: Micros,
  isOnTime: boolean,
): boolean {
  return now >= renewAt || (isOnTime && endAt - now < 2 * period);
}

/** An advert that changes nothing else. */
export function sendAdvert(turn: Turn, router: Router): void {
  turn.advert(router.adverts);
  router.counters.advertSent++;
}

/** Notes that it is active and when it last sent, for a process that may have to go on from there. */
export function recordActive(
  turn: Turn,
  { config, effectivePriority }: Router,
  active: Active,
): void {
  turn.record(config.name, {
    active: true,
    lastAdvertAt: active.lastAdvertAt,
    advertisementIntervalMicros: config.advertIntMicros,
    effectivePriority,
  });
}

/** Notes that it holds nothing. */
export function recordInactive(turn: Turn, { config, effectivePriority }: Router): void {
  turn.record(config.name, {
    active: false,
    lastAdvertAt: turn.now,
    advertisementIntervalMicros: config.advertIntMicros,
    effectivePriority,
  });
}

/** Queues gratuitous ARPs. */
export function announce(
  turn: Turn,
  { config, around }: Router,
  addresses: readonly VirtualAddress[],
  repeats: number,
): void {
  if (repeats <= 0) return;
  for (const { interface: name, address } of arpAddresses(addresses)) {
    const isNew = around.garp.add(name, address, repeats, config.garp.intervalMicros);
    if (isNew) turn.detail(line.announcing(config.name, name, address));
  }
}

/** The announcements whose time has come. */
export function announceDue(turn: Turn, router: Router, active: Active): void {
  const repeats = dueRepeats(active.announcements, router.config.garp, turn.now);
  announce(turn, router, router.floating.announced, repeats);
}

/** A router resigned: "Send an ADVERTISEMENT [...] Reset the Adver_Timer". */
export function answerResignation(turn: Turn, router: Router, active: Active): void {
  const { name, advertIntMicros } = router.config;
  if (isSeldom(active.zeroToldAt, turn.now, advertIntMicros)) {
    active.zeroToldAt = turn.now;
    turn.log("info", line.activeHearsZero(name));
  }
  if (mayAnswer(active, turn.now)) advertise(turn, router, active, false);
}

/** A worse router thinks that it is active: it and the switches are told otherwise. Whether people are to be told. */
export function assertRole(
  turn: Turn,
  router: Router,
  active: Active,
  { source, priority }: ReceivedAdvert,
): boolean {
  const { config, effectivePriority, floating } = router;
  const { name, garp, lowerPrioNoAdvert, advertIntMicros } = config;
  if (!lowerPrioNoAdvert && mayAnswer(active, turn.now)) advertise(turn, router, active, false);
  announce(turn, router, floating.announced, garp.lowerPrioRepeat);
  contestAnnouncements(active.announcements, garp, turn.now);
  if (!isSeldom(active.worseToldAt, turn.now, advertIntMicros)) return false;
  active.worseToldAt = turn.now;
  turn.log("info", line.hearsLower(name, source, priority, effectivePriority, !lowerPrioNoAdvert));
  return true;
}

function mayAnswer({ lastAdvertAt }: Active, now: Micros): boolean {
  return now - lastAdvertAt >= LEAST_ANSWER_GAP;
}

/**
 * A second owner with a lower address, which should yield: it gets two more of our adverts and 1.2 of the longer
 * interval. Whether it had that time and speaks still, so that ours must be the wrong one.
 */
export function isSecondOwnerStubborn(
  turn: Turn,
  router: Router,
  active: Active,
  { source, advertisementIntervalMicros }: ReceivedAdvert,
): boolean {
  const { name, advertIntMicros } = router.config;
  const longer = Math.max(advertIntMicros, advertisementIntervalMicros);
  const until = active.secondOwnerUntil;
  if (until !== undefined && turn.now <= until + 3 * longer) return turn.now >= until;
  active.secondOwnerUntil = turn.now + 2 * periodOf(router) + Math.ceil(1.2 * longer);
  turn.log("error", line.secondOwner(name, source));
  return false;
}

/** What every way out of Active does: the addresses out, then with `resigns` priority 0. */
export function leaveActive(
  turn: Turn,
  router: Router,
  resigns: boolean,
  keepsAddresses = false,
): void {
  const { config, around, floating, counters } = router;
  counters.releaseMaster++;
  for (const entry of floating.all) around.garp.cancel(entry.interface, entry.address);
  recordInactive(turn, router);
  if (keepsAddresses) {
    turn.makePermanent(config.name, floating.removable(around.interfaces));
  } else {
    turn.removeAddresses(config.name, floating.removable(around.interfaces));
    turn.detail(line.removingVips(config.name));
  }
  const canSend = around.interfaces.get(config.interface)?.up === true;
  if (resigns && canSend) resign(turn, router);
}

/** RFC 9568 6.4.3, Shutdown: "Send an ADVERTISEMENT with Priority = 0". */
function resign(turn: Turn, { config, around, counters }: Router): void {
  const source = advertSource(config, around.interfaces);
  if (source === undefined) return;
  turn.advert(advertActions(config, source, 0));
  turn.detail(line.sentPriorityZero(config.name));
  counters.priZeroSent++;
}
