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

import { MILLISECOND, type Micros } from "../lib/micros.ts";
import { downAt } from "./backup.ts";
import type { InterfaceState } from "./event.ts";
import type { Instance } from "./instance.ts";
import { skewTime } from "./timing.ts";
import { enterFault, suspend } from "./transition.ts";
import type { Turn } from "./turn.ts";

/** How long an active router carries on. */
const CARRY_ON: Micros = MILLISECOND;
/** How long a fault is withheld. */
const WITHHOLD: Micros = 100 * MILLISECOND;

/** Notes that an interface, which was as `before`, has no address as of now. */
export function noteAddressLoss(turn: Turn, instance: Instance, before?: InterfaceState): void {
  const { config, around } = instance;
  if (before?.name !== config.interface || before.ipv4 === undefined) return;
  if (around.interfaces.get(before.name)?.ipv4 === undefined) instance.addressLostAt = turn.now;
}

/** Whether the only fault is that the interface, which is up, lost its address. */
export function isAddressLost(instance: Instance): boolean {
  const { assessment, config, around, addressLostAt } = instance;
  const { faults } = assessment;
  if (addressLostAt === undefined) return false;
  if (faults.length === 0 || faults.some(({ kind }) => kind !== "noAddress")) return false;
  return around.interfaces.get(config.interface)?.up === true;
}

/** When something is to be done about a lost address; infinity if none is lost. */
export function addressLossDeadline(instance: Instance): Micros {
  const { state, addressLostAt } = instance;
  if (state.kind === "suspended") return state.until;
  if (state.kind === "fault" || addressLostAt === undefined) return Number.POSITIVE_INFINITY;
  if (state.kind === "active") return addressLostAt + CARRY_ON;
  const until = addressLostAt + WITHHOLD;
  return state.kind === "backup" ? Math.min(until, downAt(instance, state)) : until;
}

/** The time is up: an active router resigns, any other one is in fault. */
export function onAddressLossDeadline(turn: Turn, instance: Instance): void {
  const { state, config, effectivePriority, suspensions } = instance;
  // No other router has taken over before.
  const skew = skewTime(config.version, effectivePriority, config.advertIntMicros);
  const until = turn.now + Math.min(WITHHOLD, skew);
  const isWorthwhile = state.kind === "active" && until > turn.now;
  if (isWorthwhile && suspensions.allow("address", turn.now)) suspend(turn, instance, until);
  else enterFault(turn, instance, false);
}
