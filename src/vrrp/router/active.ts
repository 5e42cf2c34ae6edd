// The actions of an Active virtual router (RFC 9568 6.4.3): adverts, leases, records and announcements.

import type { VirtualAddress } from "../../config/vrrp/types.ts";
import type { Micros } from "../../lib/micros.ts";
import type { SetAddresses } from "../action.ts";
import {
  type AnnouncementTimers,
  nextAnnouncement,
  takeDueRepeats,
} from "../holdings/announcement-timers.ts";
import type { Step } from "../step.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import type { Active, Lease } from "./state.ts";
import { advertPeriod, nextAdvertDue } from "./timing.ts";

/** The state of an active router that sent its last advert at `lastAdvertAt`: the next is due, and it has no lease yet. */
export function newActive(lastAdvertAt: Micros, announcementTimers: AnnouncementTimers): Active {
  return {
    kind: "active",
    lastAdvertAt,
    advertDueAt: lastAdvertAt,
    lease: undefined,
    announcementTimers,
    worseLoggedAt: undefined,
    zeroLoggedAt: undefined,
    secondOwnerUntil: undefined,
  };
}

/** The next deadline of an active router. */
export function activeDeadline({ advertDueAt, announcementTimers }: Active): Micros {
  return Math.min(advertDueAt, nextAnnouncement(announcementTimers));
}

/** The time between two adverts of this instance. */
export function periodOf({ config, floating }: Instance): Micros {
  return advertPeriod(config.advertIntMicros, floating.leaseSeconds);
}

/** Why an advert is sent: its timer is due or nearly due, or an event needs one at once. */
export type AdvertCause = "onBeat" | "atOnce";

/**
 * Sends an advert. Then sets the addresses `set` if given, or renews them if that is due, since a lease counts from an
 * advert.
 */
export function advertise(
  step: Step,
  instance: Instance,
  active: Active,
  cause: AdvertCause,
  set?: SetAddresses,
): void {
  const { floating } = instance;
  const period = periodOf(instance);
  active.advertDueAt = nextAdvertDue(step.now, period);
  active.lastAdvertAt = step.now;
  recordActive(step, instance, active);
  sendAdvert(step, instance);
  const isDue = active.lease !== undefined && isRenewalDue(active.lease, step.now, period, cause);
  const action = set ?? (isDue ? floating.renewAction : undefined);
  if (action === undefined) return;
  step.setAddresses(action);
  const lease = floating.leaseMicros;
  active.lease =
    lease === undefined
      ? undefined
      : { endAt: step.now + lease, renewAt: step.now + Math.floor(lease / 3) };
}

/**
 * True after a third of the lease. On the common beat already if the lease would end within two intervals: otherwise an
 * advert that is a little late would lose the address.
 */
function isRenewalDue(
  { endAt, renewAt }: Lease,
  now: Micros,
  period: Micros,
  cause: AdvertCause,
): boolean {
  return now >= renewAt || (cause === "onBeat" && endAt - now < 2 * period);
}

/** Sends an advert and changes no timers. */
export function sendAdvert(step: Step, instance: Instance): void {
  step.advert(instance.adverts);
  instance.counters.advertSent++;
}

/** Records that it is active and when it last sent, for a process that may have to resume. */
export function recordActive(
  step: Step,
  { config, effectivePriority }: Instance,
  active: Active,
): void {
  step.record(config.name, {
    active: true,
    lastAdvertAt: active.lastAdvertAt,
    advertisementIntervalMicros: config.advertIntMicros,
    effectivePriority,
  });
}

/** Records that it holds no addresses. */
export function recordInactive(step: Step, { config, effectivePriority }: Instance): void {
  step.record(config.name, {
    active: false,
    lastAdvertAt: step.now,
    advertisementIntervalMicros: config.advertIntMicros,
    effectivePriority,
  });
}

/** Sends an advert at once, sets all addresses, and announces `announced`. */
export function claim(
  step: Step,
  instance: Instance,
  active: Active,
  announced: readonly VirtualAddress[],
): void {
  advertise(step, instance, active, "atOnce", instance.floating.setAction);
  announce(step, instance, announced, instance.config.garp.masterRepeat);
}

/** Queues announcements of `addresses`. */
export function announce(
  step: Step,
  { config, shared }: Instance,
  addresses: readonly VirtualAddress[],
  repeats: number,
): void {
  if (repeats <= 0) return;
  for (const { interface: name, address } of addresses) {
    const isNew = shared.announcementQueue.add(name, address, repeats, config.garp.intervalMicros);
    if (isNew) step.detail(line.announcing(config.name, name, address));
  }
}

/** Queues the announcements that are due. */
export function announceDue(step: Step, instance: Instance, active: Active): void {
  const repeats = takeDueRepeats(active.announcementTimers, instance.config.garp, step.now);
  announce(step, instance, instance.floating.announced, repeats);
}
