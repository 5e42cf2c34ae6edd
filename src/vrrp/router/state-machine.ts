// The state machine of one virtual router (RFC 9568 6.4) with keepalived's additions and the fencing rules: the effect of
// each event in each state. transition.ts has the effects of each change of state.
//
// | state      | event                                   | next       | effects
// |------------|-----------------------------------------|------------|-------------------------------------------
// | Initialize | start, all scripts have results         | Backup     |
// | Initialize | the same, an owner with `state MASTER`  | Active     | as from Backup
// | Initialize | start, the killed process was Active    | Active     | no notification; advert due now
// | any        | a tracker fails                         | Fault      | Active: addresses out, priority 0
// | Active     | no own address for 1 ms                 | Suspended  | addresses out, priority 0
// | Suspended  | an own address is back                  | Active     | as from Backup, without notification
// | Suspended  | 100 ms or the skew passed               | Fault      | Active if the source is configured
// | Suspended  | an advert                               | Fault      | Backup if the source is configured
// | Fault      | no tracker fails any more               | Backup     | waits a full activeDownInterval
// | Backup     | activeDownTimer, no worse advert lately | Active     | advert, addresses, gratuitous ARPs
// | Backup     | lower priority after activeDownTimer    | Active     | the same, if the packet is fresh and only its
// |            | and preempt_delay                       |            | sender may hold the addresses: it will yield
// | Backup     | priority 0 of the router that it follows| Backup     | waits skewTime
// | Backup     | better advert, or any with nopreempt    | Backup     | waits again; version 3 adopts its interval
// | Backup     | any other lower priority                | Backup     | activeDownTimer continues
// | Active     | advertisementTimer                      | Active     | advert, renewal of the leases
// | Active     | priority 0                              | Active     | advert
// | Active     | better advert                           | Backup     | addresses out
// | Active     | worse advert                            | Active     | advert, gratuitous ARPs
// | Active     | any advert while its own is overdue     | Backup     | addresses out; handles the advert as Backup
// | Active     | late beyond the lease or the peers' wait| Backup     | addresses out
// | Active     | an address expired                      | Backup     | addresses out
// | Active     | an address was deleted                  | Active     | advert, restores the address, gratuitous ARPs
// | Active     | the same for the sixth time in 10 s     | Backup     | addresses out, priority 0
// | any        | stop or removal                         | Initialize | Active: addresses out, priority 0

import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import { unreachable } from "../../lib/assert.ts";
import type { Micros } from "../../lib/micros.ts";
import type { VrrpPacket } from "../../wire/vrrp.ts";
import { retimeRefresh } from "../holdings/announcement-timers.ts";
import type { AddressChanges } from "../holdings/floating.ts";
import type { Step } from "../step.ts";
import { activeDeadline, advertise, announceDue, claim, periodOf, recordActive } from "./active.ts";
import {
  addressLossDeadline,
  endSuspension,
  isAddressLost,
  loseSuspended,
  onAddressLossDeadline,
} from "./address-loss.ts";
import { downIntervalOf, hearAsBackup, shouldPreempt, takeoverAt } from "./backup.ts";
import { hearAsActive } from "./contest.ts";
import { fence } from "./fence.ts";
import { announceSource, begin, warnOfLastAddress } from "./initialize.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import { reassess } from "./priority.ts";
import { putBackMissing } from "./put-back.ts";
import { countReceived, receiveAdvert } from "./receive.ts";
import { newInitialize } from "./state.ts";
import { coalescingSlack, isFresh } from "./timing.ts";
import { becomeActive, fail, transition } from "./transition.ts";

/** The next deadline of an instance. */
export function deadlineOf(instance: Instance): Micros | undefined {
  const next = Math.min(ownDeadline(instance), addressLossDeadline(instance));
  return Number.isFinite(next) ? next : undefined;
}

/** The next deadline of the state's own timers; infinity if none runs. */
function ownDeadline(instance: Instance): Micros {
  const { state } = instance;
  switch (state.kind) {
    case "initialize":
    case "suspended":
    case "fault":
      return Number.POSITIVE_INFINITY;
    case "backup":
      return takeoverAt(instance, state);
    case "active":
      return activeDeadline(state);
    default:
      return unreachable(state);
  }
}

/** The time from which its next advert may share another's step; undefined if it sends none. */
export function shareableFrom(instance: Instance): Micros | undefined {
  const { state } = instance;
  return state.kind === "active"
    ? state.advertDueAt - coalescingSlack(periodOf(instance))
    : undefined;
}

/** Handles a due deadline. */
export function onDeadline(step: Step, instance: Instance): void {
  fence(step, instance);
  if (step.now >= addressLossDeadline(instance)) {
    onAddressLossDeadline(step, instance);
    return;
  }
  const { state } = instance;
  switch (state.kind) {
    case "initialize":
    case "suspended":
    case "fault":
      return;
    case "backup":
      if (step.now < takeoverAt(instance, state)) return;
      // RFC 9568 6.4.2: "If the Active_Down_Timer fires".
      becomeActive(step, instance, "no advert came");
      return;
    case "active":
      // RFC 9568 6.4.3: "If the Adver_Timer fires".
      if (step.now >= state.advertDueAt) advertise(step, instance, state, "onBeat");
      announceDue(step, instance, state);
      return;
    default:
      unreachable(state);
  }
}

/** Sends its advert early, together with others of this step. */
export function advertiseEarly(step: Step, instance: Instance): void {
  if (instance.state.kind === "active") advertise(step, instance, instance.state, "onBeat");
}

/**
 * Handles a packet for this virtual router. Fault and Initialize ignore it (RFC 9568 6.4.1), but an advert received
 * while it waits for its scripts counts once it starts.
 */
export function onPacket(
  step: Step,
  instance: Instance,
  packet: VrrpPacket,
  waitedMicros: Micros | undefined,
): void {
  fence(step, instance);
  const { state } = instance;
  if (state.kind === "fault") return;
  if (state.kind === "initialize") {
    const received = receiveAdvert(packet, instance.expectation);
    const isActive = received.kind === "accepted" && received.advert.priority > 0;
    if (isActive) state.heard = received.advert;
    return;
  }
  const activeRouter = state.kind === "backup" ? state.activeRouter : undefined;
  const received = receiveAdvert(packet, instance.expectation, activeRouter);
  countReceived(instance.counters, received);
  if (received.kind === "refused") {
    instance.logOnce(step, received.reason, received.text);
    return;
  }
  for (const note of received.notes) instance.logOnce(step, note.reason, note.text);
  const { advert } = received;
  switch (state.kind) {
    case "active":
      hearAsActive(step, instance, state, advert);
      return;
    case "backup":
      hearAsBackup(step, instance, state, advert);
      // An old packet restarts the timers too, but it does not show that its sender is alive and will yield.
      if (instance.addressLostAt !== undefined || !isFresh(waitedMicros, advert)) return;
      if (!shouldPreempt(instance, state, advert, step.now)) return;
      becomeActive(step, instance, `${advert.source} has a worse priority`);
      return;
    case "suspended": {
      if (advert.priority === 0) return;
      // Another router took over.
      const backup = loseSuspended(step, instance);
      if (backup !== undefined) hearAsBackup(step, instance, backup, advert);
      return;
    }
    default:
      unreachable(state);
  }
}

/** Handles a change of a tracked object, of the interface, or (during a reload) of what the instance tracks. */
export function onTracking(step: Step, instance: Instance, during?: "reload"): void {
  const { shared, floating } = instance;
  fence(step, instance);
  reassess(step, instance, instance.effectivePriority);
  floating.forgetMissing(shared.interfaces);
  const { state, addressLostAt } = instance;
  const { faults, isWaiting } = instance.assessment;
  if (state.kind !== "fault" && isAddressLost(instance)) return;
  instance.addressLostAt = undefined;
  switch (state.kind) {
    case "initialize":
      if (faults.length > 0) fail(step, instance, during);
      else if (!isWaiting) begin(step, instance);
      return;
    case "backup":
    case "active":
      if (faults.length > 0) fail(step, instance, during);
      else if (addressLostAt !== undefined) putBackMissing(step, instance);
      return;
    case "suspended":
      if (faults.length > 0) fail(step, instance, during);
      else if (step.now < state.until) endSuspension(step, instance);
      else begin(step, instance);
      return;
    case "fault":
      if (faults.length > 0) return;
      if (isWaiting) {
        transition(step, instance, newInitialize(), { reason: "a script has no result yet" });
      } else begin(step, instance);
      announceSource(step, instance);
      return;
    default:
      unreachable(state);
  }
}

/** Applies a new configuration of the same virtual router, which keeps its state. */
export function reconfigure(step: Step, instance: Instance, config: InstanceConfig): void {
  fence(step, instance);
  const { state, effectivePriority } = instance;
  const {
    advertIntMicros: intervalBefore,
    preemptDelayMicros: delayBefore,
    garp: garpBefore,
  } = instance.config;
  const waitedFrom =
    state.kind === "backup"
      ? state.activeDownAt - downIntervalOf(instance, state.activeInterval)
      : 0;
  const changes = instance.reconfigure(config);
  reassess(step, instance, effectivePriority);
  if (state.kind === "backup") {
    // In version 2 all routers use the same interval: forget one learned by version 3.
    const isOwn = state.activeInterval === intervalBefore || config.version === 2;
    if (isOwn) state.activeInterval = config.advertIntMicros;
    state.activeDownAt = waitedFrom + downIntervalOf(instance, state.activeInterval);
    // A running delay keeps its start, at the first lower priority.
    if (state.preemptAt !== undefined) {
      state.preemptAt += config.preemptDelayMicros - delayBefore;
    }
  }
  if (state.kind === "active") {
    retimeRefresh(state.announcementTimers, { before: garpBefore, after: config.garp }, step.now);
  }
  changeAddresses(step, instance, changes);
  onTracking(step, instance, "reload");
}

function changeAddresses(step: Step, instance: Instance, { gone, added }: AddressChanges): void {
  const { config, shared, floating, state } = instance;
  const present = floating.heldOf(added, shared.interfaces);
  warnOfLastAddress(step, config, shared.interfaces, present);
  if (state.kind !== "active") {
    // Another router may hold the addresses that already exist here.
    step.removeAddresses(config.name, present);
    return;
  }
  step.removeAddresses(config.name, gone);
  for (const address of gone) {
    step.log("info", line.leavesConfiguration(config.name, address));
    shared.announcementQueue.cancel(address.interface, address.address);
  }
  if (added.length > 0) step.detail(line.settingVips(config.name));
  if (instance.assessment.faults.length === 0) claim(step, instance, state, added);
}

/** Its configuration is unchanged: writes its record again, since older records are no longer valid. */
export function renewRecord(step: Step, instance: Instance): void {
  if (instance.state.kind === "active") recordActive(step, instance, instance.state);
}

/** Removes an instance that is no longer configured. */
export function remove(step: Step, instance: Instance): void {
  const { name, notifyDeleted } = instance.config;
  const isInFault = instance.state.kind === "fault";
  step.log("info", line.removed(name));
  fence(step, instance);
  transition(step, instance, newInitialize(), { reason: "no longer configured", resigns: true });
  if (notifyDeleted) step.notify(name, "deleted", "DELETED", instance.effectivePriority);
  else if (!isInFault) step.notify(name, "removed", "FAULT", instance.effectivePriority);
}

/** Stops at the end of the process; `keepAddresses` keeps the addresses permanently. */
export function stop(step: Step, instance: Instance, keepAddresses: boolean): void {
  fence(step, instance);
  // RFC 9568 6.4.2 and 6.4.3, Shutdown.
  const cause = { reason: "stopped", resigns: true, keepsAddresses: keepAddresses };
  transition(step, instance, newInitialize(), cause);
  step.notify(instance.config.name, "stop", "STOP", instance.effectivePriority);
}
