// What a virtual router does while it is Backup (RFC 9568 6.4.2).

import { unreachable } from "../lib/assert.ts";
import type { Micros } from "../lib/micros.ts";
import { judgeAsBackup } from "./election.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import type { ReceivedAdvert } from "./receive.ts";
import type { Backup } from "./state.ts";
import { activeDownInterval, isSeldom, skewTime } from "./timing.ts";
import type { Turn } from "./turn.ts";

/** A backup that knows no active router yet and waits one whole interval from `from`. */
export function newBackup(instance: Instance, from: Micros): Backup {
  const activeInterval = instance.config.advertIntMicros;
  return {
    kind: "backup",
    activeDownAt: from + downInterval(instance, activeInterval),
    activeInterval,
    activeRouter: undefined,
    activePriority: undefined,
    preemptAt: undefined,
    lowerToldAt: undefined,
  };
}

/** Active_Down_Interval of this instance behind one that sends every `activeInterval`. */
export function downInterval(instance: Instance, activeInterval: Micros): Micros {
  const { version, downTimerAdverts } = instance.config;
  return activeDownInterval(version, instance.effectivePriority, activeInterval, downTimerAdverts);
}

/** An advert that passed all checks. */
export function hearAsBackup(
  turn: Turn,
  instance: Instance,
  backup: Backup,
  advert: ReceivedAdvert,
): void {
  const { config, effectivePriority } = instance;
  const verdict = judgeAsBackup(config, effectivePriority, backup, advert, turn.now);
  switch (verdict) {
    case "resigned":
      // "Set the Active_Down_Timer to Skew_Time".
      if (instance.tellLimit.allow(turn.now)) turn.detail(line.backupHearsZero(config.name));
      backup.activeDownAt =
        turn.now + skewTime(config.version, effectivePriority, backup.activeInterval);
      return;
    case "discard":
      // "Discard the ADVERTISEMENT".
      if (!isSeldom(backup.lowerToldAt, turn.now, backup.activeInterval)) return;
      backup.lowerToldAt = turn.now;
      turn.log("info", line.discards(config.name, advert.priority, advert.source));
      return;
    case "follow":
      if (backup.activeRouter !== advert.source && instance.tellLimit.allow(turn.now)) {
        turn.log("info", line.follows(config.name, advert.source, backup.activeRouter));
      }
      follow(turn, instance, backup, advert);
      if (config.preemptDelayMicros > 0) {
        delayPreemption(turn, instance, backup, advert.priority < effectivePriority);
      }
      return;
    default:
      unreachable(verdict);
  }
}

/** Takes the sender of `advert` for the active router: "Reset the Active_Down_Timer to Active_Down_Interval". */
export function follow(
  turn: Turn,
  instance: Instance,
  backup: Backup,
  advert: ReceivedAdvert,
): void {
  const interval = advert.advertisementIntervalMicros;
  // "Set Active_Adver_Interval to the value contained in the ADVERTISEMENT": in version 2 it is ours, or it is refused.
  if (interval !== backup.activeInterval) {
    if (instance.tellLimit.allow(turn.now)) {
      const { name } = instance.config;
      turn.log("info", line.takesInterval(name, backup.activeInterval, interval));
    }
    backup.activeInterval = interval;
  }
  backup.activeRouter = advert.source;
  backup.activePriority = advert.priority;
  backup.activeDownAt = turn.now + downInterval(instance, backup.activeInterval);
}

/** `preempt_delay` runs from the first lower priority that is heard until a higher one comes. */
function delayPreemption(turn: Turn, instance: Instance, backup: Backup, isLower: boolean): void {
  const { name, preemptDelayMicros } = instance.config;
  if (!isLower) {
    if (backup.preemptAt !== undefined && instance.tellLimit.allow(turn.now)) {
      turn.detail(line.stopsPreemptDelay(name));
    }
    backup.preemptAt = undefined;
  } else if (backup.preemptAt === undefined) {
    if (instance.tellLimit.allow(turn.now)) {
      turn.detail(line.startsPreemptDelay(name, preemptDelayMicros));
    }
    backup.preemptAt = turn.now + preemptDelayMicros;
  }
}
