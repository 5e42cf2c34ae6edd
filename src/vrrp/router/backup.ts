// The actions of a Backup virtual router (RFC 9568 6.4.2).

import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import { unreachable } from "../../lib/assert.ts";
import type { Ip } from "../../lib/ip.ts";
import type { Micros } from "../../lib/micros.ts";
import type { Step } from "../step.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import type { ReceivedAdvert } from "./receive.ts";
import type { Backup, WorseAdvert } from "./state.ts";
import { activeDownInterval, mayLogAgain, skewTime } from "./timing.ts";

/** The maximum number of remembered worse routers: more than are ever active, and a limit for floods. */
const MOST_WORSE = 8;

/** The state of a backup that knows no active router and waits one whole down interval from `from`. */
export function newBackup(instance: Instance, from: Micros): Backup {
  const activeInterval = instance.config.advertIntMicros;
  return {
    kind: "backup",
    activeDownAt: from + downIntervalOf(instance, activeInterval),
    worse: new Map(),
    activeInterval,
    activeRouter: undefined,
    activePriority: undefined,
    preemptAt: undefined,
    lowerLoggedAt: undefined,
  };
}

/** Active_Down_Interval of this instance for an active router that sends every `activeInterval`. */
export function downIntervalOf(instance: Instance, activeInterval: Micros): Micros {
  const { version, downTimerAdverts } = instance.config;
  return activeDownInterval(version, instance.effectivePriority, activeInterval, downTimerAdverts);
}

/**
 * When a backup takes over without further adverts. A worse active router may have died right after its last advert, and
 * its lease then lasts almost a down interval, regardless of our own timer, which may have begun at our start.
 */
export function takeoverAt(instance: Instance, { activeDownAt, worse }: Backup): Micros {
  let at = activeDownAt;
  for (const advert of worse.values()) at = Math.max(at, silentAt(instance, advert));
  return at;
}

/** When the sender of `advert` has been silent for a down interval. */
function silentAt(instance: Instance, { heardAt, interval }: WorseAdvert): Micros {
  return heardAt + downIntervalOf(instance, interval);
}

/**
 * A backup's verdict on an advert. `resigned`: priority 0. `follow`: the sender is the active router. `tolerate`: it is
 * worse, but `preempt_delay` prevents us from taking over. `discard`: it is worse, and our own timer still runs.
 * `preempt`: it is worse and alive, and our timer has ended.
 */
export type BackupVerdict = "resigned" | "follow" | "tolerate" | "discard" | "preempt";

/** RFC 9568 6.4.2, "If an ADVERTISEMENT is received". */
export function judgeAsBackup(
  config: InstanceConfig,
  ours: number,
  { preemptAt, activeDownAt }: Pick<Backup, "preemptAt" | "activeDownAt">,
  { priority }: ReceivedAdvert,
  now: Micros,
): BackupVerdict {
  // "If the Priority in the ADVERTISEMENT is 0".
  if (priority === 0) return "resigned";
  // "If Preempt_Mode is False, or if the Priority [...] is greater than or equal to the local Priority".
  if (config.nopreempt || priority >= ours) return "follow";
  const isDelayed = config.preemptDelayMicros > 0 && (preemptAt === undefined || now < preemptAt);
  if (isDelayed) return "tolerate";
  return now < activeDownAt ? "discard" : "preempt";
}

/** Handles an advert that passed all checks. */
export function hearAsBackup(
  step: Step,
  instance: Instance,
  backup: Backup,
  advert: ReceivedAdvert,
): void {
  const { config, effectivePriority } = instance;
  const verdict = judgeAsBackup(config, effectivePriority, backup, advert, step.now);
  switch (verdict) {
    case "resigned":
      if (instance.logLimit.take(step.now)) step.detail(line.backupHearsZero(config.name));
      backup.worse.delete(advert.source);
      // Ignore the resignation of another router: the one that we follow may hold the addresses.
      if (backup.activeRouter !== undefined && backup.activeRouter !== advert.source) return;
      // "Set the Active_Down_Timer to Skew_Time".
      backup.activeDownAt =
        step.now + skewTime(config.version, effectivePriority, backup.activeInterval);
      return;
    case "discard":
    case "preempt":
      // "Discard the ADVERTISEMENT". If we should preempt, the caller takes over: it knows how old the packet is.
      hearWorse(step, instance, backup, advert);
      if (mayLogAgain(backup.lowerLoggedAt, step.now, backup.activeInterval)) {
        backup.lowerLoggedAt = step.now;
        step.log("info", line.discards(config.name, advert.priority, advert.source));
      }
      return;
    case "tolerate":
      logActiveRouter(step, instance, backup, advert);
      adopt(step, instance, backup, advert);
      // Our own timer goes on, but `takeoverAt` waits until the worse router has been silent for a down interval.
      hearWorse(step, instance, backup, advert);
      startPreemptDelay(step, instance, backup);
      return;
    case "follow":
      logActiveRouter(step, instance, backup, advert);
      follow(step, instance, backup, advert);
      stopPreemptDelay(step, instance, backup);
      return;
    default:
      unreachable(verdict);
  }
}

/** True if this router should take over at `now` from the sender of `advert`. */
export function shouldPreempt(
  instance: Instance,
  backup: Backup,
  advert: ReceivedAdvert,
  now: Micros,
): boolean {
  const { config, effectivePriority } = instance;
  const verdict = judgeAsBackup(config, effectivePriority, backup, advert, now);
  return verdict === "preempt" && isOnlyHolder(instance, backup, advert.source, now);
}

/** Follows the sender of `advert` as active router: "Reset the Active_Down_Timer to Active_Down_Interval". */
export function follow(
  step: Step,
  instance: Instance,
  backup: Backup,
  advert: ReceivedAdvert,
): void {
  adopt(step, instance, backup, advert);
  // A worse router gives up the addresses when it receives this advert. (Clearing an empty map allocates a new table.)
  if (backup.worse.size > 0) backup.worse.clear();
  backup.activeDownAt = step.now + downIntervalOf(instance, backup.activeInterval);
}

/** Stores the active router and its interval from `advert`. */
function adopt(step: Step, instance: Instance, backup: Backup, advert: ReceivedAdvert): void {
  const interval = advert.advertisementIntervalMicros;
  // "Set Active_Adver_Interval to the value contained in the ADVERTISEMENT": in version 2 it is ours, or it is refused.
  if (interval !== backup.activeInterval) {
    if (instance.logLimit.take(step.now)) {
      const { name } = instance.config;
      step.log("info", line.takesInterval(name, backup.activeInterval, interval));
    }
    backup.activeInterval = interval;
  }
  backup.activeRouter = advert.source;
  backup.activePriority = advert.priority;
}

function hearWorse(
  step: Step,
  instance: Instance,
  { worse }: Backup,
  advert: ReceivedAdvert,
): void {
  const { source, priority, advertisementIntervalMicros: interval } = advert;
  for (const [other, last] of worse) {
    // A router that is worse than the sender resigns when it receives this advert.
    const isOver = last.priority < priority || step.now >= silentAt(instance, last);
    if (isOver) worse.delete(other);
  }
  // The map is in the order of the last adverts: the first is the oldest.
  worse.delete(source);
  const [oldest] = worse.keys();
  if (oldest !== undefined && worse.size >= MOST_WORSE) worse.delete(oldest);
  worse.set(source, { priority, heardAt: step.now, interval });
}

/**
 * True if only `source` can hold the addresses. Another worse router that was heard within a down interval may have died
 * while it held them. Routers that keep sending because they do not hear each other delay us by at most one down interval.
 */
function isOnlyHolder(instance: Instance, backup: Backup, source: Ip, now: Micros): boolean {
  const { activeDownAt, activeInterval, worse } = backup;
  const isPatienceOver = now >= activeDownAt + downIntervalOf(instance, activeInterval);
  for (const [other, { heardAt, interval }] of worse) {
    const isSpeaking = now - heardAt <= 1.5 * interval;
    if (other !== source && !(isPatienceOver && isSpeaking)) return false;
  }
  return true;
}

function logActiveRouter(
  step: Step,
  instance: Instance,
  { activeRouter }: Backup,
  { source }: ReceivedAdvert,
): void {
  if (activeRouter === source || !instance.logLimit.take(step.now)) return;
  step.log("info", line.follows(instance.config.name, source, activeRouter));
}

/** Starts `preempt_delay` at the first lower priority that is heard. */
function startPreemptDelay(step: Step, instance: Instance, backup: Backup): void {
  const { name, preemptDelayMicros } = instance.config;
  if (backup.preemptAt !== undefined) return;
  if (instance.logLimit.take(step.now)) {
    step.detail(line.startsPreemptDelay(name, preemptDelayMicros));
  }
  backup.preemptAt = step.now + preemptDelayMicros;
}

/** Stops `preempt_delay` for a better router; the next lower priority starts it again. */
function stopPreemptDelay(step: Step, instance: Instance, backup: Backup): void {
  if (backup.preemptAt === undefined) return;
  if (instance.logLimit.take(step.now)) step.detail(line.stopsPreemptDelay(instance.config.name));
  backup.preemptAt = undefined;
}
