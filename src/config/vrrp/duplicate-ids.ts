// Finds instances that other nodes could not distinguish: the same VRID in the same space of one network.

import type { Ip } from "../../lib/ip.ts";
import { spacesOf } from "./space.ts";
import type { InstanceConfig } from "./vrrp-config.ts";

/** The networks and the address of an interface. */
export interface InterfacePlace {
  /** As in `InterfaceFacts`. */
  readonly segments: readonly string[];
  /** Its own first IPv4 address; undefined if it has none. */
  readonly ipv4: Ip | undefined;
}

export interface DuplicateId {
  /** The earlier one in the file. */
  readonly first: InstanceConfig;
  readonly second: InstanceConfig;
  /** The network that both are on. */
  readonly segment: string;
}

/**
 * The instances with the VRID of an earlier one, each once. The same VRID is fine on different networks, with multicast
 * and unicast, and with different groups, source addresses or peers. VLANs of one interface are different networks, but
 * an interface and its VLAN count as one.
 */
export function findDuplicateIds(
  instances: readonly InstanceConfig[],
  placeOf: (interfaceName: string) => InterfacePlace | undefined,
): DuplicateId[] {
  const found: DuplicateId[] = [];
  /** By network and space: the instance on the network itself, and the one on a VLAN that it carries. */
  const on = new Map<string, InstanceConfig>();
  const above = new Map<string, InstanceConfig>();
  for (const second of instances) {
    const place = placeOf(second.interface);
    const [own = second.interface, ...carriers] = place?.segments ?? [];
    const spaces = spacesOf(second, place?.ipv4);
    const claims = [own, ...carriers].flatMap((segment) =>
      spaces.map((space) => ({ segment, key: `${segment} ${space}` })),
    );
    const holderOf = ({ segment, key }: (typeof claims)[number]): InstanceConfig | undefined =>
      on.get(key) ?? (segment === own ? above.get(key) : undefined);
    const claim = claims.find((candidate) => holderOf(candidate) !== undefined);
    const first = claim === undefined ? undefined : holderOf(claim);
    if (claim !== undefined && first !== undefined) {
      found.push({ first, second, segment: claim.segment });
      continue;
    }
    for (const { segment, key } of claims) (segment === own ? on : above).set(key, second);
  }
  return found;
}
