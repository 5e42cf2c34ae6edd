// The start of a virtual router (RFC 9568 6.4.1), or its resumption after a killed process.

import { peersWait } from "../../config/vrrp/lease.ts";
import { OWNER_PRIORITY, type VirtualAddress } from "../../config/vrrp/types.ts";
import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import { ipFamily } from "../../lib/ip.ts";
import type { Micros } from "../../lib/micros.ts";
import { prefixText } from "../../lib/prefix.ts";
import type { KeptRecord } from "../event.ts";
import { resumedAnnouncementTimers } from "../holdings/announcement-timers.ts";
import type { Step } from "../step.ts";
import type { InterfaceTable } from "../tracking/tracking.ts";
import { newActive, periodOf, recordInactive } from "./active.ts";
import { hearAsBackup, newBackup } from "./backup.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import { applyPriority } from "./priority.ts";
import type { ReceivedAdvert } from "./receive.ts";
import { eagerInterval, resumeLimit } from "./timing.ts";
import { becomeActive, fail, transition } from "./transition.ts";

/** Begins, or resumes the state in `record` of a killed process. */
export function start(step: Step, instance: Instance, record: KeptRecord | undefined): void {
  if (record !== undefined) instance.resumeFrom(record);
  applyPriority(step, instance, record?.effectivePriority ?? instance.config.priority);
  if (record?.active === true) {
    if (canResume(instance, record, step.now)) {
      resume(step, instance, record);
      return;
    }
    recordInactive(step, instance);
  }
  const { faults, isWaiting } = instance.assessment;
  // A backup stays one until the result of a script changes that.
  const isReady = faults.length === 0 && (!isWaiting || record?.notified === "BACKUP");
  if (!isReady || !isActiveAtOnce(step, instance)) removeLeftBehind(step, instance);
  if (faults.length > 0) fail(step, instance, "start");
  else if (isReady) begin(step, instance, "start");
}

/** "Startup": to Backup, or to Active at once. */
export function begin(step: Step, instance: Instance, during?: "start"): void {
  const { state: wanted, priority, version, advertIntMicros } = instance.config;
  const from = Math.max(step.now, instance.shared.listeningFrom);
  const backup = newBackup(instance, from);
  if (isActiveAtOnce(step, instance)) {
    // "If the Priority = 255, i.e., the router owns the IP address(es)".
    becomeActive(step, instance, "start as the owner of the addresses");
    return;
  }
  if (wanted === "MASTER" && !instance.hasBegun) {
    const isOwner = priority === OWNER_PRIORITY;
    backup.activeDownAt = isOwner ? from : from + eagerInterval(version, advertIntMicros);
  }
  const heard = heardBefore(instance);
  const reason = instance.hasBegun ? "all tracked objects are well" : "start";
  transition(step, instance, backup, { reason, ...(during !== undefined && { during }) });
  // The advert is old by now, so it is not a reason to take over.
  if (heard !== undefined) hearAsBackup(step, instance, backup, heard);
}

/**
 * Announces the source address of unicast adverts: after a fault, switches and peers may have the wrong port or hardware
 * address for it.
 */
export function announceSource(step: Step, { config, shared, source }: Instance): void {
  if (config.unicastPeers.length === 0) return;
  shared.announcementQueue.add(config.interface, source, 1, config.garp.intervalMicros);
  step.log("info", line.announcingSource(config.name, source));
}

/** True for an owner with `state MASTER`, which does not wait unless the start is delayed or another router is active. */
function isActiveAtOnce(step: Step, instance: Instance): boolean {
  const { config, hasBegun, shared } = instance;
  const isToBe = config.state === "MASTER" && config.priority === OWNER_PRIORITY;
  const isFree = step.now >= shared.listeningFrom && heardBefore(instance) === undefined;
  return isToBe && !hasBegun && isFree;
}

/** The last advert of an active router that arrived while this one waited for its scripts. */
function heardBefore({ state }: Instance): ReceivedAdvert | undefined {
  return state.kind === "initialize" ? state.heard : undefined;
}

/** Removes addresses that an earlier process left, since another node may hold them now. */
function removeLeftBehind(step: Step, { config, floating, shared }: Instance): void {
  const left = floating.held(shared.interfaces);
  if (left.length === 0) return;
  warnOfLastAddress(step, config, shared.interfaces, left);
  step.removeAddresses(config.name, left);
  step.detail(line.removingVips(config.name));
}

/** Warns if the interface has no IPv4 address without `leaving`: the host's own is configured as a floating one. */
export function warnOfLastAddress(
  step: Step,
  { name, interface: interfaceName }: InstanceConfig,
  interfaces: InterfaceTable,
  leaving: readonly VirtualAddress[],
): void {
  const state = interfaces.get(interfaceName);
  if (leaving.length === 0 || state === undefined) return;
  // A marked address is floating, and not the interface's own.
  const own = state.addresses
    .filter(({ address, isMarked }) => ipFamily(address) === 4 && !isMarked)
    .map(prefixText);
  const left = new Set(
    leaving.filter((entry) => entry.interface === interfaceName).map(prefixText),
  );
  if (own.length === 0 || own.some((text) => !left.has(text))) return;
  step.log("warning", line.losesOwnAddress(name, `${own.join(", ")} on ${interfaceName}`));
}

/** True if it can still resume as active router: no peer can have noticed the death of the killed process. */
function canResume(instance: Instance, record: KeptRecord, now: Micros): boolean {
  const { config, floating, shared } = instance;
  const { lastAdvertAt } = record;
  if (instance.assessment.faults.length > 0 || lastAdvertAt > now) return false;
  const wait = peersWait(record.advertisementIntervalMicros, config.downTimerAdverts);
  if (now >= resumeLimit(lastAdvertAt, wait, floating.leaseSeconds)) return false;
  return floating.isHeld(shared.interfaces);
}

function resume(step: Step, instance: Instance, { lastAdvertAt }: KeptRecord): void {
  const { floating, shared } = instance;
  floating.abandonMissing(shared.interfaces);
  const active = newActive(lastAdvertAt, resumedAnnouncementTimers(instance.config.garp, step.now));
  // Due at once, but queued adverts, possibly of a better router, are handled first.
  active.advertDueAt = Math.min(step.now, lastAdvertAt + periodOf(instance));
  if (floating.leaseMicros !== undefined) {
    active.lease = { endAt: lastAdvertAt + floating.leaseMicros, renewAt: step.now };
  }
  const reason = "resumed after the process was killed";
  // Notify the state if the killed process had no time to do so.
  transition(step, instance, active, { reason, isResumed: true });
}
