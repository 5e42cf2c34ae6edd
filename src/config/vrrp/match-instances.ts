// Which instance of a new configuration goes on as which one of the running one.

import { matchBy } from "../subsystem.ts";
import { wireIdentity } from "./space.ts";
import type { InstanceConfig } from "./vrrp-config.ts";

/**
 * For those of `after` that go on as one of `before`: which one. An instance stays itself while VRID, interface and
 * unicast peers (or the multicast group) stay, whatever its name; and, as with keepalived, while VRID, interface and
 * name stay and it goes on with unicast: peers come and go, and the addresses must not leave for that.
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
