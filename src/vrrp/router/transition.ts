// The changes of a virtual router's state: what each of them does, tells and notifies on its way.

import type { Micros } from "../../lib/micros.ts";
import type { ToldState } from "../event.ts";
import { announcementsFrom } from "../holdings/announcement.ts";
import { faultText } from "../tracking/tracking.ts";
import type { Turn } from "../turn.ts";
import { claim, newActive, recordInactive } from "./active.ts";
import { advertActions } from "./advert.ts";
import { newBackup } from "./backup.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import { restoreOwner } from "./priority.ts";
import { type Backup, FAULT, type InstanceState, newInitialize } from "./state.ts";

/** What notifications call each state. A suspension is not notified; one that waits for scripts is in fault, as keepalived's. */
const NOTIFIED_STATES: { readonly [kind in InstanceState["kind"]]: ToldState } = {
  initialize: "FAULT",
  backup: "BACKUP",
  active: "MASTER",
  suspended: "MASTER",
  fault: "FAULT",
};

/** RFC 9568 6.4.2, to Active: the advert goes out before the addresses are taken. */
export function becomeActive(turn: Turn, instance: Instance, backup: Backup, reason: string): void {
  const { name, advertIntMicros } = instance.config;
  turn.detail(line.timeout(name));
  if (backup.activeInterval !== advertIntMicros) {
    turn.log("info", line.returnsToInterval(name, backup.activeInterval, advertIntMicros));
  }
  restoreOwner(turn, instance);
  turn.log("info", line.enteringMaster(name));
  takeAddresses(turn, instance, reason);
  if (!instance.isKnown("MASTER")) {
    turn.notify(name, "master", "MASTER", instance.effectivePriority);
  }
}

/** What every way into Active does. */
function takeAddresses(turn: Turn, instance: Instance, reason: string): void {
  const { config, floating, around, counters } = instance;
  floating.prepare(around.interfaces);
  const active = newActive(turn.now, announcementsFrom(config.garp, turn.now));
  instance.enter(turn, active, reason);
  counters.becomeMaster++;
  turn.detail(line.settingVips(config.name));
  claim(turn, instance, active, floating.all);
}

/** From Active: resigns, and leaves unreported until `until` that it has no address. */
export function suspend(turn: Turn, instance: Instance, until: Micros): void {
  const { name, interface: interfaceName } = instance.config;
  const own = instance.ownAddress ?? instance.source;
  turn.log("info", line.addressLost(name, own, interfaceName));
  leaveActive(turn, instance, true);
  instance.enter(turn, { kind: "suspended", until }, `no address on ${interfaceName}`);
}

/** From Suspended, back to Active: nobody was notified that it was not. */
export function unsuspend(turn: Turn, instance: Instance): void {
  const { config, around } = instance;
  const { name, interface: interfaceName } = config;
  const isBack = around.interfaces.get(interfaceName)?.ipv4 !== undefined;
  const text = isBack ? line.addressBack : line.needsNoAddress;
  turn.log("info", text(name, interfaceName));
  const reason = isBack ? "has an address again" : "has no address, and needs none";
  takeAddresses(turn, instance, `${interfaceName} ${reason}`);
}

/** From Active to Backup; `resigns` when peers are to be told not to wait. */
export function enterBackup(
  turn: Turn,
  instance: Instance,
  reason: string,
  resigns: boolean,
): Backup {
  const { name } = instance.config;
  turn.log("info", line.enteringBackup(name, false));
  leaveActive(turn, instance, resigns);
  const backup = newBackup(instance, turn.now);
  instance.enter(turn, backup, reason);
  turn.notify(name, "backup", "BACKUP", instance.effectivePriority);
  return backup;
}

/** From any state: something that it tracks failed, or with `isReload` had failed before it was tracked. */
export function enterFault(turn: Turn, instance: Instance, isReload: boolean): void {
  const { name } = instance.config;
  const isKnown = instance.isKnown("FAULT");
  if (!isKnown) {
    for (const reason of instance.assessment.faults) {
      // An event of the interface has been logged already, and so has a conflict.
      const isLogged = reason.kind === "interfaceDown" ? !isReload : reason.kind === "vridConflict";
      if (!isLogged) turn.log("info", faultText(name, reason));
    }
    turn.log("info", line.enteringFault(name));
  }
  // On a network where another instance has its VRID, priority 0 would be taken for that one's.
  const resigns = !instance.assessment.faults.some(({ kind }) => kind === "vridConflict");
  if (instance.state.kind === "active") leaveActive(turn, instance, resigns);
  instance.enter(turn, FAULT, instance.faultTexts.join("; "));
  if (!isKnown) turn.notify(name, "fault", "FAULT", instance.effectivePriority);
}

/** RFC 9568 6.4.2 and 6.4.3, Shutdown. With `keepAddresses` the addresses stay, for good. */
export function end(turn: Turn, instance: Instance, reason: string, keepAddresses: boolean): void {
  if (instance.state.kind === "active") leaveActive(turn, instance, true, keepAddresses);
  instance.addressLostAt = undefined;
  instance.enter(turn, newInitialize(), reason);
}

/** What every way out of Active does: the addresses out, then with `resigns` priority 0. */
function leaveActive(
  turn: Turn,
  instance: Instance,
  resigns: boolean,
  keepsAddresses = false,
): void {
  const { config, around, floating, counters } = instance;
  counters.releaseMaster++;
  for (const entry of floating.all) around.garp.cancel(entry.interface, entry.address);
  recordInactive(turn, instance);
  if (keepsAddresses) {
    turn.keepAddresses(config.name, floating.removable(around.interfaces));
  } else {
    turn.removeAddresses(config.name, floating.removable(around.interfaces));
    turn.detail(line.removingVips(config.name));
  }
  if (resigns) resign(turn, instance);
}

/** "Send an ADVERTISEMENT with Priority = 0", where that can leave: the address it leaves from may be gone. */
function resign(turn: Turn, { config, around, counters, source }: Instance): void {
  if (around.interfaces.get(config.interface)?.up !== true) return;
  turn.advert(advertActions(config, source, 0));
  turn.detail(line.sentPriorityZero(config.name));
  counters.priZeroSent++;
}

/** The state of an instance as notifications call it. */
export function notifiedState({ state }: Instance): ToldState {
  return NOTIFIED_STATES[state.kind];
}

/** A reload kept the instance, whose state was `before`: notifies the FIFOs of it again, if it was no change of state. */
export function notifyUnchanged(turn: Turn, instance: Instance, before: ToldState): void {
  const state = notifiedState(instance);
  if (state !== before) return;
  turn.notify(instance.config.name, "unchanged", state, instance.effectivePriority);
}
