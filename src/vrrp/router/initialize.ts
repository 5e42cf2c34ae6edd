// How a virtual router begins (RFC 9568 6.4.1), or goes on where the process before it was killed.

import { type InstanceConfig, OWNER_PRIORITY, type VirtualAddress } from "../../config/config.ts";
import { peersWait } from "../../config/vrrp/lease.ts";
import { prefixText } from "../../lib/ip.ts";
import type { KeptRecord } from "../event.ts";
import { noAnnouncements } from "../holdings/announcement.ts";
import { faultText, type InterfaceTable } from "../tracking/tracking.ts";
import type { Turn } from "../turn.ts";
import { newActive, periodOf, recordInactive } from "./active.ts";
import { hearAsBackup, newBackup } from "./backup.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import { tellPriority } from "./priority.ts";
import type { ReceivedAdvert } from "./receive.ts";
import { FAULT } from "./state.ts";
import { eagerInterval, resumeLimit } from "./timing.ts";
import { becomeActive } from "./transition.ts";

/** Begins, or goes on where the process that left `record` was killed. */
export function start(turn: Turn, instance: Instance, record: KeptRecord | undefined): void {
  if (record !== undefined) instance.takeOver(record);
  tellPriority(turn, instance, record?.effectivePriority ?? instance.config.priority);
  if (record?.active === true) {
    if (resume(turn, instance, record)) return;
    recordInactive(turn, instance);
  }
  const { faults, isWaiting } = instance.assessment;
  // A backup stays one until a script says otherwise.
  const isReady = faults.length === 0 && (!isWaiting || record?.told === "BACKUP");
  if (!isReady || !isActiveAtOnce(turn, instance)) removeLeftBehind(turn, instance);
  if (faults.length > 0) startInFault(turn, instance);
  else if (isReady) begin(turn, instance, true);
}

/** "Startup": to Backup, or to Active at once. */
export function begin(turn: Turn, instance: Instance, isStart: boolean): void {
  const { name, state: wanted, priority, version, advertIntMicros } = instance.config;
  const from = Math.max(turn.now, instance.around.listeningFrom);
  const backup = newBackup(instance, from);
  if (isActiveAtOnce(turn, instance)) {
    // "If the Priority = 255, i.e., the router owns the IP address(es)".
    becomeActive(turn, instance, backup, "start as the owner of the addresses");
    return;
  }
  if (wanted === "MASTER" && !instance.hasBegun) {
    const isOwner = priority === OWNER_PRIORITY;
    backup.activeDownAt = isOwner ? from : from + eagerInterval(version, advertIntMicros);
  }
  const isKnown = instance.isKnown("BACKUP");
  if (!isKnown) turn.log("info", line.enteringBackup(name, isStart));
  const heard = heardBefore(instance);
  instance.enter(turn, backup, instance.hasBegun ? "all tracked objects are well" : "start");
  // It is no fresh advert by now, so it cannot be reason enough to take over.
  if (heard !== undefined) hearAsBackup(turn, instance, backup, heard);
  if (!isKnown) turn.notify(name, "backup", "BACKUP", instance.effectivePriority);
}

/** After a fault, switches and unicast peers may know its own address by another port or hardware address. */
export function announceSource(turn: Turn, { config, around, source }: Instance): void {
  if (config.unicastPeers.length === 0) return;
  around.garp.add(config.interface, source, 1, config.garp.intervalMicros);
  turn.log("info", line.announcingSource(config.name, source));
}

/** The owner that is to be MASTER does not wait, unless the start is delayed or another router is active. */
function isActiveAtOnce(turn: Turn, instance: Instance): boolean {
  const { config, hasBegun, around } = instance;
  const isToBe = config.state === "MASTER" && config.priority === OWNER_PRIORITY;
  const isFree = turn.now >= around.listeningFrom && heardBefore(instance) === undefined;
  return isToBe && !hasBegun && isFree;
}

/** The last advert of an active router that came while it waited for its scripts. */
function heardBefore({ state }: Instance): ReceivedAdvert | undefined {
  return state.kind === "initialize" ? state.heard : undefined;
}

/** Addresses that an earlier process left on the interfaces: another may hold them at this moment. */
function removeLeftBehind(turn: Turn, { config, floating, around }: Instance): void {
  const left = floating.held(around.interfaces);
  if (left.length === 0) return;
  warnOfLastAddress(turn, config, around.interfaces, left);
  turn.removeAddresses(config.name, left);
  turn.detail(line.removingVips(config.name));
}

/** Without `leaving` the interface has no IPv4 address any more: the host's own is configured as a floating one. */
export function warnOfLastAddress(
  turn: Turn,
  { name, interface: interfaceName }: InstanceConfig,
  interfaces: InterfaceTable,
  leaving: readonly VirtualAddress[],
): void {
  const state = interfaces.get(interfaceName);
  if (leaving.length === 0 || state === undefined) return;
  // What is marked is some keepalived's, and no address of its own.
  const marked = new Set(state.marked);
  const own = state.addresses.filter((text) => text.includes(".") && !marked.has(text));
  const left = new Set(
    leaving.filter((entry) => entry.interface === interfaceName).map(prefixText),
  );
  if (own.length === 0 || own.some((text) => !left.has(text))) return;
  turn.log("warning", line.losesOwnAddress(name, `${own.join(", ")} on ${interfaceName}`));
}

function startInFault(turn: Turn, instance: Instance): void {
  const { name } = instance.config;
  const isKnown = instance.isKnown("FAULT");
  if (!isKnown) {
    for (const reason of instance.assessment.faults) {
      // A conflict has been logged already.
      if (reason.kind !== "vridConflict") turn.log("info", faultText(name, reason));
    }
    turn.log("info", line.startingInFault(name));
  }
  instance.enter(turn, FAULT, instance.faultTexts.join("; "));
  if (!isKnown) turn.notify(name, "fault", "FAULT", instance.effectivePriority);
}

/** Goes on as the active router that a killed process was, if nobody can have noticed. Whether it does. */
function resume(turn: Turn, instance: Instance, record: KeptRecord): boolean {
  const { config, floating, around } = instance;
  const { lastAdvertAt } = record;
  if (instance.assessment.faults.length > 0 || lastAdvertAt > turn.now) return false;
  const wait = peersWait(record.advertisementIntervalMicros, config.downTimerAdverts);
  if (turn.now >= resumeLimit(lastAdvertAt, wait, floating.lease)) return false;
  if (!floating.isHeld(around.interfaces)) return false;
  const active = newActive(lastAdvertAt, noAnnouncements());
  // Due at once, but what waits in the socket is handed in before, and may be better.
  active.advertDueAt = Math.min(turn.now, lastAdvertAt + periodOf(instance));
  if (floating.leaseMicros !== undefined) {
    active.lease = { endAt: lastAdvertAt + floating.leaseMicros, renewAt: turn.now };
  }
  instance.enter(turn, active, "resumed after the process was killed");
  turn.log("info", line.resumes(config.name));
  // Killed on the way there, it had no time to say so.
  if (!instance.isKnown("MASTER")) {
    turn.notify(config.name, "master", "MASTER", instance.effectivePriority);
  }
  return true;
}
