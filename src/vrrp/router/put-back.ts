// Restores what an active router lacks (addresses that were removed or not set, announcements that were skipped), or gives
// up.

import type { VirtualAddress } from "../../config/vrrp/types.ts";
import { hostKey, prefixText } from "../../lib/prefix.ts";
import type { RemovalCause } from "../event.ts";
import type { Step } from "../step.ts";
import { announce, claim } from "./active.ts";
import { fence } from "./fence.ts";
import type { Instance } from "./instance.ts";
import { line } from "./lines.ts";
import { becomeBackup } from "./transition.ts";

/** Handles an address that was removed by something else. */
export function onAddressRemoved(
  step: Step,
  instance: Instance,
  address: VirtualAddress,
  cause: RemovalCause,
): void {
  fence(step, instance);
  const { config, shared, floating, state } = instance;
  if (state.kind !== "active") return;
  // Removed with its interface, which has its own event.
  if (shared.interfaces.get(address.interface)?.up !== true) return;
  const { name } = config;
  const text = `${prefixText(address)} on ${address.interface}`;
  if (cause === "expired") {
    step.log("warning", line.leaseEnded(name, text));
    becomeBackup(step, instance, { reason: `the lease of ${text} ended` });
    return;
  }
  if (address.noTrack) {
    floating.abandon(address);
    return;
  }
  // A program is reconfiguring the interface and will add its own address next, which must be set before ours.
  if (instance.addressLostAt !== undefined && address.interface === config.interface) return;
  if (!floating.takePutBack(address, step.now)) {
    step.log("warning", line.givingUp(name, text));
    becomeBackup(step, instance, { reason: `${text} was deleted too often`, resigns: true });
    return;
  }
  const isOurs = cause === "wentAlong";
  step.log("warning", isOurs ? line.wentAlong(name, text) : line.puttingBack(name, text));
  claim(step, instance, state, [address]);
}

/** Restores addresses that were deleted while the interface had no own address. */
export function putBackMissing(step: Step, instance: Instance): void {
  const { config, shared, floating } = instance;
  const here = floating.announced.filter((entry) => entry.interface === config.interface);
  const held = new Set(floating.heldOf(here, shared.interfaces));
  for (const entry of here) {
    if (!held.has(entry)) onAddressRemoved(step, instance, entry, "deleted");
  }
}

/** Interface is back: restores and announces its addresses. */
export function onInterfaceBack(step: Step, instance: Instance, interfaceName: string): void {
  fence(step, instance);
  const { state } = instance;
  if (state.kind !== "active") return;
  const addresses = instance.floating.announced.filter(
    (entry) => entry.interface === interfaceName,
  );
  claim(step, instance, state, addresses);
}

/** An advert or addresses were not sent or set: repeats both, unless too much time has passed. */
export function claimAgain(step: Step, instance: Instance): void {
  fence(step, instance);
  const { state, floating } = instance;
  if (state.kind === "active") claim(step, instance, state, floating.announced);
}

/** Announces each address in `skipped` (by `hostKey`) again, which the performer left out as too late. */
export function announceAgain(step: Step, instance: Instance, skipped: ReadonlySet<string>): void {
  fence(step, instance);
  const { state, floating } = instance;
  if (state.kind !== "active") return;
  const addresses = floating.announced.filter((entry) => skipped.has(hostKey(entry)));
  announce(step, instance, addresses, 1);
}
