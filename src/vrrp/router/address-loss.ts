// An interface that loses its last own address: programs that configure it anew take the address and give it back within
// milliseconds, which must be no fault. One that stays away is: the router resigns from the address that it had.
//
// | after  | an active router                                        | a backup
// |--------|---------------------------------------------------------|------------------------------------
// | 0      | carries on from the former address                      | carries on
// | 1 ms   | addresses out, priority 0 from the former address       |
// | 100 ms | Fault; sooner if another router may take over sooner    | Fault; sooner if it is to take over
//
// `ifdown` takes the interface away within milliseconds after the address: later than 1 ms nothing could leave.
//
// Adverts with a configured source need no own address. An active router that sends such ones resigns as well, since
// `ifdown` is the likely cause; but then it is Active again instead of in Fault. For a backup nothing changes.

import { unreachable } from "../../lib/assert.ts";
import { MILLISECOND, type Micros } from "../../lib/micros.ts";
import type { InterfaceState } from "../event.ts";
import type { Turn } from "../turn.ts";
import { advertSource } from "./advert.ts";
import { downAt } from "./backup.ts";
import { begin } from "./initialize.ts";
import type { Instance } from "./instance.ts";
import type { Backup } from "./state.ts";
import { skewTime } from "./timing.ts";
import { becomeActive, becomeBackup, fail, transition } from "./transition.ts";

/** How long an active router carries on. */
const CARRY_ON: Micros = MILLISECOND;
/** How long a fault is withheld. */
const WITHHOLD: Micros = 100 * MILLISECOND;

/** Notes that an interface, which was as `before`, has no address as of now. */
export function noteAddressLoss(turn: Turn, instance: Instance, before?: InterfaceState): void {
  const { config, around, state } = instance;
  if (before?.name !== config.interface || before.ipv4 === undefined) return;
  if (around.interfaces.get(before.name)?.ipv4 !== undefined) return;
  const needsOwn = advertSource(config, undefined) === undefined;
  if (needsOwn || state.kind === "active") instance.addressLostAt = turn.now;
}

/** Whether all that is wrong is that the interface, which is up, lost its address. */
export function isAddressLost(instance: Instance): boolean {
  const { assessment, config, around, addressLostAt, state } = instance;
  const { faults } = assessment;
  if (addressLostAt === undefined || faults.some(({ kind }) => kind !== "noAddress")) return false;
  const own = around.interfaces.get(config.interface);
  if (own?.up !== true || own.ipv4 !== undefined) return false;
  return faults.length > 0 || state.kind === "active" || state.kind === "suspended";
}

/** When something is to be done about a lost address; infinity if none is lost. */
export function addressLossDeadline(instance: Instance): Micros {
  const { state, addressLostAt } = instance;
  if (state.kind === "suspended") return state.until;
  if (addressLostAt === undefined) return Number.POSITIVE_INFINITY;
  switch (state.kind) {
    case "initialize":
      return addressLostAt + WITHHOLD;
    case "backup":
      return Math.min(addressLostAt + WITHHOLD, downAt(instance, state));
    case "active":
      return addressLostAt + CARRY_ON;
    case "fault":
      return Number.POSITIVE_INFINITY;
    default:
      return unreachable(state);
  }
}

/** The time is up: an active router resigns, any other one is in fault unless it needs no address. */
export function onAddressLossDeadline(turn: Turn, instance: Instance): void {
  const { state, config, effectivePriority, suspensions, assessment } = instance;
  // No other router has taken over before.
  const skew = skewTime(config.version, effectivePriority, config.advertIntMicros);
  const until = turn.now + Math.min(WITHHOLD, skew);
  const isWorthwhile = state.kind === "active" && until > turn.now;
  if (isWorthwhile && suspensions.take("address", turn.now)) {
    const reason = `no address on ${config.interface}`;
    transition(turn, instance, { kind: "suspended", until }, { reason, resigns: true });
    return;
  }
  if (assessment.faults.length > 0) {
    fail(turn, instance);
    return;
  }
  instance.addressLostAt = undefined;
  if (state.kind === "suspended") {
    // So late, another router may have taken over.
    if (turn.now < state.until + WITHHOLD) endSuspension(turn, instance);
    else begin(turn, instance);
  } else if (state.kind === "active") {
    becomeBackup(turn, instance, `${config.interface} lost its address`, true);
  }
}

/** Back to Active: its interface has an address again, or none is needed. */
export function endSuspension(turn: Turn, instance: Instance): void {
  const { interface: interfaceName } = instance.config;
  const hasAddress = instance.around.interfaces.get(interfaceName)?.ipv4 !== undefined;
  const reason = hasAddress ? "has an address again" : "has no address, and needs none";
  becomeActive(turn, instance, `${interfaceName} ${reason}`);
}

/** Another router took over meanwhile: in fault, or a backup that has yet to hear it. */
export function loseSuspended(turn: Turn, instance: Instance): Backup | undefined {
  if (instance.assessment.faults.length > 0) {
    fail(turn, instance);
    return undefined;
  }
  instance.addressLostAt = undefined;
  begin(turn, instance);
  return instance.state.kind === "backup" ? instance.state : undefined;
}
