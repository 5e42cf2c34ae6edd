// The spaces of a virtual router: what tells its packets from those of other virtual routers with its VRID.

import type { Ip } from "../../lib/ip.ts";
import type { InstanceConfig } from "./vrrp-config.ts";

/**
 * A packet leads to an instance by its VRID and either the group, or for each peer the peer and the address that it
 * sends to. `ipv4`: the address of the interface, for unicast instances without a configured one.
 */
export function spacesOf(instance: InstanceConfig, ipv4: Ip | undefined): string[] {
  const { virtualRouterId: id, interface: name, unicastPeers, mcastGroup } = instance;
  const source = instance.unicastSrcIp ?? ipv4 ?? `of ${name}`;
  return unicastPeers.length === 0
    ? [`${id} multicast ${mcastGroup}`]
    : unicastPeers.map((peer) => `${id} unicast ${source} ${peer}`);
}

/** Equal for instances that send and accept the same packets on the same interface, whatever else differs. */
export function wireIdentity(instance: InstanceConfig): string {
  const spaces = new Set(spacesOf(instance, undefined));
  return JSON.stringify([instance.interface, ...[...spaces].toSorted()]);
}
