// Waking up: an active router that was silent for too long gives the addresses up, and listens before it contends.

import { peersWait } from "../../config/vrrp/lease.ts";
import type { Micros } from "../../lib/micros.ts";
import type { Turn } from "../turn.ts";
import { periodOf } from "./active.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import type { Active } from "./state.ts";
import { leaselessLimit } from "./timing.ts";
import { becomeBackup } from "./transition.ts";

/** To be asked before anything else is done with an event. */
export function fence(turn: Turn, instance: Instance): void {
  const { state, floating, config } = instance;
  if (state.kind !== "active" || floating.isAllStanding) return;
  if (!isSilentTooLong(instance, state, turn.now)) return;
  turn.log("warning", line.silentTooLong(config.name, turn.now - state.lastAdvertAt));
  becomeBackup(turn, instance, "silent for too long", false);
}

/** Whether its own advert is so late that whoever speaks meanwhile may hold the addresses, however low its priority. */
export function isOverdue(instance: Instance, active: Active, now: Micros): boolean {
  return !instance.floating.isAllStanding && now > active.advertDueAt + periodOf(instance) / 2;
}

/** Whether its lease is over or, without one, its peers no longer wait. */
function isSilentTooLong({ config }: Instance, active: Active, now: Micros): boolean {
  if (active.lease !== undefined) return now >= active.lease.endAt;
  const wait = peersWait(config.advertIntMicros, config.downTimerAdverts);
  return now > leaselessLimit(active.lastAdvertAt, wait);
}
