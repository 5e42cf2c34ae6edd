// Fencing after a pause: an active router that was silent for too long gives up the addresses before it contends again.

import { peersWait } from "../../config/vrrp/lease.ts";
import type { Micros } from "../../lib/micros.ts";
import type { Step } from "../step.ts";
import { periodOf } from "./active.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import type { Active } from "./state.ts";
import { leaselessLimit } from "./timing.ts";
import { becomeBackup } from "./transition.ts";

/**
 * Gives up before the router acts, if it was silent so long that a peer may be active. Every function that handles an event
 * for an instance, and then may send adverts or set addresses, calls it first. The node does not do it for all instances,
 * since most events concern only one.
 */
export function fence(step: Step, instance: Instance): void {
  const { state, floating, config } = instance;
  if (state.kind !== "active" || floating.isAllStanding) return;
  if (!isSilentTooLong(instance, state, step.now)) return;
  step.log("warning", line.silentTooLong(config.name, step.now - state.lastAdvertAt));
  becomeBackup(step, instance, { reason: "silent for too long" });
}

/** True if its own advert is so late that any sender of adverts may hold the addresses by now, regardless of priority. */
export function isOverdue(instance: Instance, active: Active, now: Micros): boolean {
  return !instance.floating.isAllStanding && now > active.advertDueAt + periodOf(instance) / 2;
}

/** True if its lease has ended or, without one, its peers' wait. */
function isSilentTooLong({ config }: Instance, active: Active, now: Micros): boolean {
  if (active.lease !== undefined) return now >= active.lease.endAt;
  const wait = peersWait(config.advertIntMicros, config.downTimerAdverts);
  return now > leaselessLimit(active.lastAdvertAt, wait);
}
