// Handles added, changed and removed network interfaces.

import type { InterfaceState } from "./event.ts";
import { type NodeParts, reassessAll, updateConflicts } from "./node-parts.ts";
import { noteAddressLoss } from "./router/address-loss.ts";
import { onInterfaceBack } from "./router/put-back.ts";
import type { Step } from "./step.ts";

/** Handles the new `state` of the interface `name`; undefined: it was removed. */
export function onInterface(
  node: NodeParts,
  name: string,
  state: InterfaceState | undefined,
): void {
  const { step, interfaces, index } = node;
  const before = interfaces.get(name);
  if (state === undefined) interfaces.delete(name);
  else interfaces.set(name, state);
  const users = index.byInterface.get(name);
  if (users !== undefined) {
    logChange(step, name, before, state);
    for (const instance of users) noteAddressLoss(step, instance, before);
    // Before the instances are reassessed: one with a new conflict must not start.
    const others = isRelocated(before, state) ? updateConflicts(node) : [];
    reassessAll(node, users);
    for (const { name: other } of others) {
      const instance = index.byName.get(other);
      if (instance !== undefined && !users.includes(instance)) reassessAll(node, [instance]);
    }
  }
  restoreAddresses(node, name, before, state);
}

function logChange(
  step: Step,
  name: string,
  before: InterfaceState | undefined,
  state: InterfaceState | undefined,
): void {
  if (before === undefined && state !== undefined) step.log("info", `Interface ${name} added`);
  if (before?.up === true && state?.up !== true) step.log("info", `Netlink reports ${name} down`);
  if (before !== undefined && !before.up && state?.up === true) {
    step.log("info", `Netlink reports ${name} up`);
  }
  if (before !== undefined && state === undefined) step.log("info", `Interface ${name} deleted`);
  if (hasNewMac(before, state)) {
    step.log("info", `(${name}) MAC Address changed from ${before?.mac} to ${state?.mac}`);
  }
}

/** Restores the addresses of an interface that is up again, and announces them if its MAC address is new. */
function restoreAddresses(
  { step, index, schedule }: NodeParts,
  name: string,
  before: InterfaceState | undefined,
  state: InterfaceState | undefined,
): void {
  if (state?.up !== true || (before?.up === true && !hasNewMac(before, state))) return;
  for (const instance of index.byAddressInterface.get(name) ?? []) {
    onInterfaceBack(step, instance, name);
    schedule.rearm(instance);
  }
}

function hasNewMac(before: InterfaceState | undefined, now: InterfaceState | undefined): boolean {
  return before?.mac !== undefined && now?.mac !== undefined && before.mac !== now.mac;
}

/** True if VRID conflicts may have changed. */
function isRelocated(before: InterfaceState | undefined, now: InterfaceState | undefined): boolean {
  return before?.ipv4 !== now?.ipv4 || before?.segments.join() !== now?.segments.join();
}
