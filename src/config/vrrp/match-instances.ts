// Matches the instances of a new configuration with the running ones.

import { matchBy } from "../subsystem.ts";
import { wireIdentity } from "./space.ts";
import type { InstanceConfig } from "./vrrp-config.ts";

/**
 * Maps instances of `after` to the instances of `before` that they continue: those with the same VRID, interface and
 * unicast peers (or multicast group), whatever the name. Like keepalived, also unicast instances with the same VRID,
 * interface and name, so that a changed list of peers does not remove the addresses.
 */
export function matchInstances(
  before: readonly InstanceConfig[],
  after: readonly InstanceConfig[],
): Map<InstanceConfig, InstanceConfig> {
  const matches = matchBy(wireIdentity, before, after);
  const matched = new Set(matches.values());
  const restBefore = before.filter((instance) => isUnicast(instance) && !matched.has(instance));
  const restAfter = after.filter((instance) => isUnicast(instance) && !matches.has(instance));
  for (const [wanted, known] of matchBy(nameOnRouter, restBefore, restAfter)) {
    matches.set(wanted, known);
  }
  return matches;
}

function isUnicast({ unicastPeers }: InstanceConfig): boolean {
  return unicastPeers.length > 0;
}

function nameOnRouter({ name, interface: on, virtualRouterId }: InstanceConfig): string {
  return JSON.stringify([name, on, virtualRouterId]);
}
