// An active router whose addresses were taken from it, or not set: has them again, or gives up.

import type { VirtualAddress } from "../../config/config.ts";
import { prefixText } from "../../lib/ip.ts";
import type { RemovalCause } from "../event.ts";
import { claim } from "../router/active.ts";
import { fencedActive } from "../router/fence.ts";
import type { Instance } from "../router/instance.ts";
import { line } from "../router/lines.ts";
import { enterBackup } from "../router/transition.ts";
import type { Turn } from "../turn.ts";
import { addressKey } from "./floating.ts";

/** One of its addresses was removed, not by us. */
export function onAddressRemoved(
  turn: Turn,
  instance: Instance,
  address: VirtualAddress,
  cause: RemovalCause,
): void {
  const { config, around, floating } = instance;
  const active = fencedActive(turn, instance);
  if (active === undefined) return;
  // It went with its interface: that has an event of its own.
  if (around.interfaces.get(address.interface)?.up !== true) return;
  const { name } = config;
  const text = `${prefixText(address)} on ${address.interface}`;
  if (cause === "expired") {
    turn.log("warning", line.leaseEnded(name, text));
    enterBackup(turn, instance, `the lease of ${text} ended`, false);
    return;
  }
  const key = addressKey(address.interface, address.address, address.prefixLength);
  if (address.noTrack) {
    floating.abandon(key);
    return;
  }
  // What configures the interface anew adds its own address next, which must stand before ours.
  if (instance.addressLostAt !== undefined && address.interface === config.interface) return;
  if (!floating.allowPutBack(key, turn.now)) {
    turn.log("warning", line.givingUp(name, text));
    enterBackup(turn, instance, `${text} was deleted again and again`, true);
    return;
  }
  const isOurs = cause === "wentAlong";
  turn.log("warning", isOurs ? line.wentAlong(name, text) : line.puttingBack(name, text));
  claim(turn, instance, active, [address]);
}

/** Its interface has an own address again: puts back what was deleted meanwhile. */
export function putBackMissing(turn: Turn, instance: Instance): void {
  const { config, around, floating } = instance;
  const here = floating.announced.filter((entry) => entry.interface === config.interface);
  const held = new Set(floating.heldOf(here, around.interfaces));
  for (const entry of here) {
    if (!held.has(entry)) onAddressRemoved(turn, instance, entry, "deleted");
  }
}

/** An interface that carries addresses of its is there again: so are they, and switches are told. */
export function onInterfaceBack(turn: Turn, instance: Instance, interfaceName: string): void {
  const active = fencedActive(turn, instance);
  if (active === undefined) return;
  const addresses = instance.floating.announced.filter(
    (entry) => entry.interface === interfaceName,
  );
  claim(turn, instance, active, addresses);
}

/** What it last wanted to send and set was left out: once more, unless too much time has passed. */
export function onHeldUp(turn: Turn, instance: Instance): void {
  const active = fencedActive(turn, instance);
  if (active !== undefined) claim(turn, instance, active, instance.floating.announced);
}
