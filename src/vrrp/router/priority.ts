// Changes of a virtual router's priority: who is told, and what they do to a backup that waits.

import { OWNER_PRIORITY } from "../../config/config.ts";
import type { Turn } from "../turn.ts";
import { recordInactive } from "./active.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import { skewTime } from "./timing.ts";

/** Looks at the tracked objects anew; the priority was `before`. */
export function reassess(turn: Turn, instance: Instance, before: number): void {
  instance.reassess();
  tellPriority(turn, instance, before);
}

/** Another owner of the addresses does not yield: from now on 254. */
export function reduceOwner(turn: Turn, instance: Instance): void {
  instance.isOwnerReduced = true;
  tellPriority(turn, instance, OWNER_PRIORITY);
}

/** The other owner is gone: 255 again, if it was reduced. */
export function restoreOwner(turn: Turn, instance: Instance): void {
  if (!instance.isOwnerReduced) return;
  instance.isOwnerReduced = false;
  tellPriority(turn, instance, OWNER_PRIORITY - 1);
}

/** Tells a priority that is no longer `before`, and moves a backup's timer by what the skew changes. */
export function tellPriority(turn: Turn, instance: Instance, before: number): void {
  const { state, effectivePriority: after } = instance;
  if (after === before) return;
  const { name, version, notifyPriorityChanges } = instance.config;
  turn.log("info", line.priorityChanges(name, before, after));
  if (state.kind === "backup") {
    const { activeInterval } = state;
    state.activeDownAt +=
      skewTime(version, after, activeInterval) - skewTime(version, before, activeInterval);
  }
  // An active one's record comes with its next advert.
  if (state.kind === "backup" || state.kind === "fault") recordInactive(turn, instance);
  if (!notifyPriorityChanges) return;
  if (state.kind === "active") turn.notify(name, "masterPriority", "MASTER_PRIORITY", after);
  if (state.kind === "backup") turn.notify(name, "backupPriority", "BACKUP_PRIORITY", after);
}
