// The reaction of an active router to adverts of others (RFC 9568 6.4.3, "If an ADVERTISEMENT is received").

import { OWNER_PRIORITY } from "../../config/vrrp/types.ts";
import { unreachable } from "../../lib/assert.ts";
import { compareIp, type Ip } from "../../lib/ip.ts";
import { MILLISECOND, type Micros } from "../../lib/micros.ts";
import { startContestTimer } from "../holdings/announcement-timers.ts";
import type { Step } from "../step.ts";
import { advertise, announce, periodOf, sendAdvert } from "./active.ts";
import { follow, hearAsBackup } from "./backup.ts";
import { isOverdue } from "./fence.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import { reduceOwner } from "./priority.ts";
import type { ReceivedAdvert } from "./receive.ts";
import type { Active } from "./state.ts";
import { mayLogAgain } from "./timing.ts";
import { becomeBackup } from "./transition.ts";

/** The minimum time between two answers: no interval is shorter. */
const LEAST_ANSWER_GAP: Micros = 10 * MILLISECOND;

/** `ownAddress`: the advert has our own source. `secondOwner`: another owner, which should yield to our address. */
export type ActiveVerdict = "resigned" | "ownAddress" | "secondOwner" | "better" | "worse";

/** RFC 9568 6.4.3, "If an ADVERTISEMENT is received". Only an active router compares addresses. */
export function judgeAsActive(
  ours: number,
  own: Ip,
  { priority, source }: ReceivedAdvert,
): ActiveVerdict {
  if (priority === 0) return "resigned";
  if (source === own) return "ownAddress";
  // "If the Priority [...] is greater than the local Priority".
  if (priority !== ours) return priority > ours ? "better" : "worse";
  // "equal to the local Priority and the primary address of the sender is greater than the local primary address".
  if (compareIp(source, own) > 0) return "better";
  return ours === OWNER_PRIORITY ? "secondOwner" : "worse";
}

/** Handles an advert that passed all checks. */
export function hearAsActive(
  step: Step,
  instance: Instance,
  active: Active,
  advert: ReceivedAdvert,
): void {
  const { name } = instance.config;
  const verdict = judgeAsActive(instance.effectivePriority, instance.source, advert);
  if (verdict === "resigned") {
    answerResignation(step, instance, active);
    return;
  }
  if (verdict === "ownAddress") {
    instance.logOnce(step, verdict, line.hearsOwnAddress(name));
    return;
  }
  if (isOverdue(instance, active, step.now)) {
    step.log("warning", line.delayed(name, step.now - active.advertDueAt, advert.source));
    const reason = "delayed while another router sent adverts";
    const backup = becomeBackup(step, instance, { reason });
    hearAsBackup(step, instance, backup, advert);
    return;
  }
  switch (verdict) {
    case "better":
      yieldTo(step, instance, advert);
      return;
    case "worse":
      assertRole(step, instance, active, advert);
      return;
    case "secondOwner":
      contestSecondOwner(step, instance, active, advert);
      return;
    default:
      unreachable(verdict);
  }
}

/** A router resigned: "Send an ADVERTISEMENT [...] Reset the Adver_Timer". */
function answerResignation(step: Step, instance: Instance, active: Active): void {
  const { name, advertIntMicros } = instance.config;
  if (mayLogAgain(active.zeroLoggedAt, step.now, advertIntMicros)) {
    active.zeroLoggedAt = step.now;
    step.log("info", line.activeHearsZero(name));
  }
  if (mayAnswer(active, step.now)) advertise(step, instance, active, "atOnce");
}

/** "Cancel Adver_Timer [...] Transition to the {Backup} state". */
function yieldTo(step: Step, instance: Instance, advert: ReceivedAdvert): void {
  const { name, higherPrioSendAdvert } = instance.config;
  const { priority, source } = advert;
  const ours = instance.effectivePriority;
  step.log(
    "info",
    priority > ours
      ? line.hearsHigher(name, source, priority, ours)
      : line.hearsHigherAddress(name, source, priority),
  );
  if (higherPrioSendAdvert) sendAdvert(step, instance);
  const backup = becomeBackup(step, instance, { reason: `${source} has a better priority` });
  follow(step, instance, backup, advert);
}

/** A worse router is active too: sends it an advert, announces the addresses, logs and notifies. */
function assertRole(
  step: Step,
  instance: Instance,
  active: Active,
  { source, priority }: ReceivedAdvert,
): void {
  const { config, effectivePriority: ours, floating } = instance;
  const { name, garp, lowerPrioNoAdvert, advertIntMicros } = config;
  if (!lowerPrioNoAdvert && mayAnswer(active, step.now)) {
    advertise(step, instance, active, "atOnce");
  }
  // Announcements are limited to one burst for each log line: the second burst makes up for those that are left out.
  startContestTimer(active.announcementTimers, garp, step.now);
  if (!mayLogAgain(active.worseLoggedAt, step.now, advertIntMicros)) return;
  active.worseLoggedAt = step.now;
  announce(step, instance, floating.announced, garp.lowerPrioRepeat);
  step.log("info", line.hearsLower(name, source, priority, ours, !lowerPrioNoAdvert));
  step.notify(name, "masterRxLowerPri", "MASTER_RX_LOWER_PRI", ours);
}

function mayAnswer({ lastAdvertAt }: Active, now: Micros): boolean {
  return now - lastAdvertAt >= LEAST_ANSWER_GAP;
}

/**
 * A second owner with a lower address should yield. It has the time of two more of our adverts and 1.2 times the longer
 * interval; if it still sends then, this router must be the wrong owner and yields.
 */
function contestSecondOwner(
  step: Step,
  instance: Instance,
  active: Active,
  advert: ReceivedAdvert,
): void {
  const { name, advertIntMicros } = instance.config;
  const longer = Math.max(advertIntMicros, advert.advertisementIntervalMicros);
  const until = active.secondOwnerUntil;
  if (until === undefined || step.now > until + 3 * longer) {
    active.secondOwnerUntil = step.now + 2 * periodOf(instance) + Math.ceil(1.2 * longer);
    step.log("error", line.secondOwner(name, advert.source));
  } else if (step.now >= until) {
    reduceOwner(step, instance);
    yieldTo(step, instance, advert);
  }
}
