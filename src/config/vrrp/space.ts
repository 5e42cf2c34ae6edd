// The spaces of a virtual router, which separate it from other virtual routers with the same VRID.

import type { Ip } from "../../lib/ip.ts";
import type { InstanceConfig } from "./vrrp-config.ts";

/**
 * A space is a VRID with the multicast group, or with the source and destination address of a peer. `ipv4` is the
 * address of the interface, used by unicast instances without `unicast_src_ip`.
 */
export function spacesOf(instance: InstanceConfig, ipv4: Ip | undefined): string[] {
  const { virtualRouterId: id, interface: name, unicastPeers, mcastGroup } = instance;
  const source = instance.unicastSrcIp ?? ipv4 ?? `of ${name}`;
  return unicastPeers.length === 0
    ? [`${id} multicast ${mcastGroup}`]
    : unicastPeers.map((peer) => `${id} unicast ${source} ${peer}`);
}

/** Equal for instances that send and accept the same packets on the same interface. */
export function wireIdentity(instance: InstanceConfig): string {
  const spaces = new Set(spacesOf(instance, undefined));
  return JSON.stringify([instance.interface, ...[...spaces].toSorted()]);
}
