// Changes of a virtual router's priority: notifications, and the effect on a waiting backup.

import { OWNER_PRIORITY } from "../../config/vrrp/types.ts";
import type { Step } from "../step.ts";
import { recordInactive } from "./active.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import { skewTime } from "./timing.ts";

/** Reassesses the tracked objects; the priority was `before`. */
export function reassess(step: Step, instance: Instance, before: number): void {
  instance.reassess();
  applyPriority(step, instance, before);
}

/** Reduces the priority to 254, because another owner of the addresses does not yield. */
export function reduceOwner(step: Step, instance: Instance): void {
  instance.isOwnerReduced = true;
  applyPriority(step, instance, OWNER_PRIORITY);
}

/** Restores a reduced priority to 255, because the other owner is gone. */
export function restoreOwner(step: Step, instance: Instance): void {
  if (!instance.isOwnerReduced) return;
  instance.isOwnerReduced = false;
  applyPriority(step, instance, OWNER_PRIORITY - 1);
}

/** Logs and notifies a priority other than `before`, and moves a backup's timer by the change of the skew time. */
export function applyPriority(step: Step, instance: Instance, before: number): void {
  const { state, effectivePriority: after } = instance;
  if (after === before) return;
  const { name, version, notifyPriorityChanges } = instance.config;
  step.log("info", line.priorityChanges(name, before, after));
  if (state.kind === "backup") {
    const { activeInterval } = state;
    state.activeDownAt +=
      skewTime(version, after, activeInterval) - skewTime(version, before, activeInterval);
  }
  // An active router is recorded with its next advert.
  if (state.kind === "backup" || state.kind === "fault") recordInactive(step, instance);
  if (!notifyPriorityChanges) return;
  if (state.kind === "active") step.notify(name, "masterPriority", "MASTER_PRIORITY", after);
  if (state.kind === "backup") step.notify(name, "backupPriority", "BACKUP_PRIORITY", after);
}
