// The only place that changes the state of a virtual router: the possible transitions, and the log lines, actions and
// notifications of each.

import type { NotifyEvent } from "../../config/vrrp/types.ts";
import { assert, unreachable } from "../../lib/assert.ts";
import type { NotifiedState } from "../event.ts";
import { newAnnouncementTimers } from "../holdings/announcement-timers.ts";
import type { Step } from "../step.ts";
import { faultText } from "../tracking/tracking.ts";
import { claim, newActive, recordInactive } from "./active.ts";
import { advertActions } from "./advert.ts";
import { newBackup } from "./backup.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import { restoreOwner } from "./priority.ts";
import { type Active, type Backup, FAULT, type InstanceState, type StateKind } from "./state.ts";

/** The possible transitions. Leaving Active removes the addresses; entering it adds them. */
const NEXT_STATES: { readonly [from in StateKind]: readonly StateKind[] } = {
  initialize: ["backup", "active", "fault", "initialize"],
  backup: ["active", "fault", "initialize"],
  active: ["backup", "suspended", "fault", "initialize"],
  suspended: ["active", "backup", "fault", "initialize"],
  fault: ["backup", "initialize"],
};

/**
 * The name of each state in notifications. A suspension is not notified; a router that waits for scripts is in FAULT,
 * like in keepalived.
 */
const NOTIFIED_STATES: { readonly [kind in StateKind]: NotifiedState } = {
  initialize: "FAULT",
  backup: "BACKUP",
  active: "MASTER",
  suspended: "MASTER",
  fault: "FAULT",
};

/** The notification sent on entering each state. */
const NOTIFICATIONS: { readonly [kind in StateKind]: NotifyEvent | undefined } = {
  initialize: undefined,
  backup: "backup",
  active: "master",
  suspended: undefined,
  fault: "fault",
};

/** The cause of a transition. */
export interface Cause {
  /** The reason for the status. */
  readonly reason: string;
  /** Some log lines differ at the start of the process and at a reload. */
  readonly during?: "start" | "reload";
  /** Entering Active as resumption of a killed process: nothing is sent, set or announced. */
  readonly isResumed?: boolean;
  /** Leaving Active: send priority 0, so that peers do not wait. */
  readonly resigns?: boolean;
  /** Leaving Active: keep the addresses permanently. */
  readonly keepsAddresses?: boolean;
}

/** Changes the state of `instance` to `to`, with all effects of leaving the old and entering the new state. */
export function transition(step: Step, instance: Instance, to: InstanceState, cause: Cause): void {
  const { state: from } = instance;
  assert(NEXT_STATES[from.kind].includes(to.kind), `no way from ${from.kind} to ${to.kind}`);
  const isKnown = instance.isKnown(NOTIFIED_STATES[to.kind]);
  const isReturn = from.kind === "suspended" && to.kind === "active";
  if (to.kind === "active" && !isReturn && !cause.isResumed) {
    logTimeout(step, instance);
    restoreOwner(step, instance);
  }
  logEntering(step, instance, to, cause, isKnown);
  if (from.kind === "active") leaveActive(step, instance, cause);
  instance.enter(step, to, cause.reason);
  if (to.kind === "active" && !cause.isResumed) takeAddresses(step, instance, to);
  if (to.kind === "initialize") instance.addressLostAt = undefined;
  const event = NOTIFICATIONS[to.kind];
  // The suspension was not notified either.
  if (event === undefined || isKnown || isReturn) return;
  step.notify(instance.config.name, event, NOTIFIED_STATES[to.kind], instance.effectivePriority);
}

/** Changes to Active: sends an advert at once, then sets the addresses and announces them. */
export function becomeActive(step: Step, instance: Instance, reason: string): void {
  const timers = newAnnouncementTimers(instance.config.garp, step.now);
  // `transition` sends the advert of this time.
  transition(step, instance, newActive(step.now, timers), { reason });
}

/** Changes from Active to Backup. */
export function becomeBackup(
  step: Step,
  instance: Instance,
  cause: Pick<Cause, "reason" | "resigns">,
): Backup {
  const backup = newBackup(instance, step.now);
  transition(step, instance, backup, cause);
  return backup;
}

/** Changes to Fault, because a tracked object failed, or had failed before the start or reload. */
export function fail(step: Step, instance: Instance, during?: Cause["during"]): void {
  // If another instance uses the VRID on this network, peers would take priority 0 for that one's.
  const resigns = !instance.assessment.faults.some(({ kind }) => kind === "vridConflict");
  const reason = instance.faultTexts.join("; ");
  transition(step, instance, FAULT, { reason, resigns, ...(during !== undefined && { during }) });
}

function logEntering(
  step: Step,
  instance: Instance,
  to: InstanceState,
  cause: Cause,
  isKnown: boolean,
): void {
  const { name } = instance.config;
  switch (to.kind) {
    case "initialize":
      return;
    case "backup":
      if (!isKnown) step.log("info", line.enteringBackup(name, cause.during === "start"));
      return;
    case "active":
      if (cause.isResumed) step.log("info", line.resumes(name));
      else if (instance.state.kind === "suspended") logReturn(step, instance);
      else step.log("info", line.enteringMaster(name));
      return;
    case "suspended": {
      const { interface: interfaceName } = instance.config;
      const own = instance.ownAddress ?? instance.source;
      step.log("info", line.addressLost(name, own, interfaceName));
      return;
    }
    case "fault":
      if (!isKnown) logFaults(step, instance, cause);
      return;
    default:
      unreachable(to);
  }
}

function logTimeout(step: Step, { state, config }: Instance): void {
  const { name, advertIntMicros } = config;
  step.detail(line.timeout(name));
  if (state.kind === "backup" && state.activeInterval !== advertIntMicros) {
    step.log("info", line.returnsToInterval(name, state.activeInterval, advertIntMicros));
  }
}

function logReturn(step: Step, { config, shared }: Instance): void {
  const { name, interface: interfaceName } = config;
  const hasAddress = shared.interfaces.get(interfaceName)?.ipv4 !== undefined;
  const text = hasAddress ? line.addressBack : line.needsNoAddress;
  step.log("info", text(name, interfaceName));
}

function logFaults(step: Step, instance: Instance, { during }: Cause): void {
  const { name } = instance.config;
  for (const reason of instance.assessment.faults) {
    // A conflict or an event of the interface is already logged.
    const isLogged =
      reason.kind === "interfaceDown" ? during === undefined : reason.kind === "vridConflict";
    if (!isLogged) step.log("info", faultText(name, reason));
  }
  step.log("info", during === "start" ? line.startingInFault(name) : line.enteringFault(name));
}

/** RFC 9568 6.4.2: sends the advert before the addresses are added. */
function takeAddresses(step: Step, instance: Instance, active: Active): void {
  const { config, floating, shared, counters } = instance;
  floating.prepare(shared.interfaces);
  counters.becomeMaster++;
  step.detail(line.settingVips(config.name));
  claim(step, instance, active, floating.all);
}

/** Removes the addresses before priority 0 is sent. */
function leaveActive(step: Step, instance: Instance, { resigns, keepsAddresses }: Cause): void {
  const { config, shared, floating, counters } = instance;
  counters.releaseMaster++;
  for (const entry of floating.all) shared.announcementQueue.cancel(entry.interface, entry.address);
  recordInactive(step, instance);
  if (keepsAddresses) {
    step.keepAddresses(config.name, floating.removable(shared.interfaces));
  } else {
    step.removeAddresses(config.name, floating.removable(shared.interfaces));
    step.detail(line.removingVips(config.name));
  }
  if (resigns) resign(step, instance);
}

/** "Send an ADVERTISEMENT with Priority = 0", if its interface is up; its source address may be gone. */
function resign(step: Step, { config, shared, counters, source }: Instance): void {
  if (shared.interfaces.get(config.interface)?.up !== true) return;
  step.advert(advertActions(config, source, 0));
  step.detail(line.sentPriorityZero(config.name));
  counters.priZeroSent++;
}

/** The name of an instance's state in notifications. */
export function notifiedState({ state }: Instance): NotifiedState {
  return NOTIFIED_STATES[state.kind];
}

/** After a reload, notifies the FIFOs again if the state of the instance is still `before`. */
export function notifyUnchanged(step: Step, instance: Instance, before: NotifiedState): void {
  const state = notifiedState(instance);
  if (state !== before) return;
  step.notify(instance.config.name, "unchanged", state, instance.effectivePriority);
}
