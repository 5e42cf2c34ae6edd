// An interface loses its last own address. Programs that reconfigure it remove the address and add it again within
// milliseconds, which must not be a fault. If it stays away, the router resigns with the lost address as the source.
//
// | after  | an active router                                        | a backup
// |--------|---------------------------------------------------------|------------------------------------
// | 0      | continues with the lost address as source               | continues
// | 1 ms   | addresses out, priority 0 from the lost address         |
// | 100 ms | Fault, or earlier if another router may take over       | Fault, or earlier if it is due to take over
//
// `ifdown` sets the interface down within milliseconds after the address is gone, so a later resignation could not be sent.
//
// Adverts with a configured source need no own address. Their active router resigns too, since `ifdown` is the likely
// cause, but then becomes Active again instead of Fault. Their backup is not affected.

import { unreachable } from "../../lib/assert.ts";
import { MILLISECOND, type Micros } from "../../lib/micros.ts";
import type { InterfaceState } from "../event.ts";
import type { Step } from "../step.ts";
import { advertSource } from "./advert.ts";
import { takeoverAt } from "./backup.ts";
import { begin } from "./initialize.ts";
import type { Instance } from "./instance.ts";
import type { Backup } from "./state.ts";
import { skewTime } from "./timing.ts";
import { becomeActive, becomeBackup, fail, transition } from "./transition.ts";

/** How long an active router continues. */
const CARRY_ON: Micros = MILLISECOND;
/** The delay of the fault. */
const WITHHOLD: Micros = 100 * MILLISECOND;

/** Stores the time if the interface, previously `before`, has just lost its own address. */
export function noteAddressLoss(step: Step, instance: Instance, before?: InterfaceState): void {
  const { config, shared, state } = instance;
  if (before?.name !== config.interface || before.ipv4 === undefined) return;
  if (shared.interfaces.get(before.name)?.ipv4 !== undefined) return;
  const needsOwn = advertSource(config, undefined) === undefined;
  if (needsOwn || state.kind === "active") instance.addressLostAt = step.now;
}

/** True if the only fault is that the interface, which is up, lost its own address. */
export function isAddressLost(instance: Instance): boolean {
  const { assessment, config, shared, addressLostAt, state } = instance;
  const { faults } = assessment;
  if (addressLostAt === undefined || faults.some(({ kind }) => kind !== "noAddress")) return false;
  const own = shared.interfaces.get(config.interface);
  if (own?.up !== true || own.ipv4 !== undefined) return false;
  return faults.length > 0 || state.kind === "active" || state.kind === "suspended";
}

/** The deadline caused by a lost address; infinity if none is lost. */
export function addressLossDeadline(instance: Instance): Micros {
  const { state, addressLostAt } = instance;
  if (state.kind === "suspended") return state.until;
  if (addressLostAt === undefined) return Number.POSITIVE_INFINITY;
  switch (state.kind) {
    case "initialize":
      return addressLostAt + WITHHOLD;
    case "backup":
      return Math.min(addressLostAt + WITHHOLD, takeoverAt(instance, state));
    case "active":
      return addressLostAt + CARRY_ON;
    case "fault":
      return Number.POSITIVE_INFINITY;
    default:
      return unreachable(state);
  }
}

/** Handles the deadline: an active router resigns, any other one is in fault if it needs an address. */
export function onAddressLossDeadline(step: Step, instance: Instance): void {
  const { state, config, effectivePriority, suspensions, assessment } = instance;
  // Until then no other router has taken over.
  const skew = skewTime(config.version, effectivePriority, config.advertIntMicros);
  const until = step.now + Math.min(WITHHOLD, skew);
  const isWorthwhile = state.kind === "active" && until > step.now;
  if (isWorthwhile && suspensions.take("address", step.now)) {
    const reason = `no address on ${config.interface}`;
    transition(step, instance, { kind: "suspended", until }, { reason, resigns: true });
    return;
  }
  if (assessment.faults.length > 0) {
    fail(step, instance);
    return;
  }
  instance.addressLostAt = undefined;
  if (state.kind === "suspended") {
    // If this is handled too late, another router may have taken over.
    if (step.now < state.until + WITHHOLD) endSuspension(step, instance);
    else begin(step, instance);
  } else if (state.kind === "active") {
    becomeBackup(step, instance, { reason: `${config.interface} lost its address`, resigns: true });
  }
}

/** Returns to Active: its interface has an address again, or needs none. */
export function endSuspension(step: Step, instance: Instance): void {
  const { interface: interfaceName } = instance.config;
  const hasAddress = instance.shared.interfaces.get(interfaceName)?.ipv4 !== undefined;
  const reason = hasAddress ? "has an address again" : "has no address, and needs none";
  becomeActive(step, instance, `${interfaceName} ${reason}`);
}

/** Ends a suspension because another router took over; returns the new backup, or undefined if it is in fault. */
export function loseSuspended(step: Step, instance: Instance): Backup | undefined {
  if (instance.assessment.faults.length > 0) {
    fail(step, instance);
    return undefined;
  }
  instance.addressLostAt = undefined;
  begin(step, instance);
  return instance.state.kind === "backup" ? instance.state : undefined;
}
