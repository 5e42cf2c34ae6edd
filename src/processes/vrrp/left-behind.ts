// Which addresses in the kernel are a holdfast's to take away again.

import {
  allAddresses,
  type InstanceConfig,
  OWNER_PRIORITY,
  type VirtualAddress,
} from "../../config/config.ts";
import { prefixText } from "../../lib/prefix.ts";
import type { InterfaceState } from "../../vrrp/event.ts";

/**
 * The addresses of `instance` that stand on the interface `state` and are ours: those with our mark. Kernels before
 * 5.18 keep no marks: there an address that was in use (`wasActive`) is ours unless the node owns it. `name`: what
 * the interface is called in the configuration, when it has another name by now.
 */
export function addressesLeftBy(
  instance: InstanceConfig,
  wasActive: boolean,
  state: InterfaceState,
  name: string = state.name,
): VirtualAddress[] {
  const isTakenAnyway = wasActive && instance.priority !== OWNER_PRIORITY;
  const held = state.addresses.filter(({ isMarked }) => isMarked || isTakenAnyway);
  const keys = new Set(held.map(prefixText));
  return allAddresses(instance).filter((entry) => {
    return entry.interface === name && keys.has(prefixText(entry));
  });
}
