// Which of the virtual routers with one VRID on one interface a packet is for. Multicast and unicast are separate
// spaces, and so is each group, and each pair of own address and peer.

import { isMulticast } from "../lib/ip.ts";
import type { VrrpPacket } from "../wire/vrrp.ts";
import { advertSource } from "./router/advert.ts";
import type { Instance } from "./router/instance.ts";

/** What of a packet leads to an instance. */
export type PacketPath = Pick<VrrpPacket, "source" | "destination">;

/**
 * The one of `candidates` that the packet is for, or undefined. One that is alone takes packets of the wrong kind too,
 * and unicast packets from strangers and to any address of the host: it refuses and counts them as keepalived does.
 *
 * `candidates` are on the interface that the packet came in by, `unicast` have the same VRID and do unicast on any
 * interface: Linux answers ARP for an address on all interfaces, so what is sent to the own address of an instance may
 * come in by another one.
 */
export function findRouter(
  candidates: readonly Instance[],
  packet: PacketPath,
  unicast: readonly Instance[],
): Instance | undefined {
  const isUnicast = !isMulticast(packet.destination);
  const sameKind = candidates.filter(({ expectation }) => expectation.unicast === isUnicast);
  if (isUnicast && !candidates.some((instance) => isAddressed(instance, packet))) {
    const addressed = unicast.filter((instance) => isAddressed(instance, packet));
    if (addressed.length > 0) return findUnicast([...sameKind, ...addressed], packet);
  }
  if (sameKind.length === 0) return only(candidates);
  if (!isUnicast) return sameKind.find(({ config }) => config.mcastGroup === packet.destination);
  return only(sameKind) ?? findUnicast(sameKind, packet);
}

/**
 * Only one that has the source as its peer, and has the destination as its own address: a configured one before that
 * which its interface has at the moment. What is sent to no own address goes by the source alone.
 */
function findUnicast(candidates: readonly Instance[], packet: PacketPath): Instance | undefined {
  const { source, destination } = packet;
  const known = candidates.filter(({ config }) => config.unicastPeers.includes(source));
  const found =
    only(known.filter(({ config }) => config.unicastSrcIp === destination)) ??
    only(known.filter((instance) => isAddressed(instance, packet)));
  if (found !== undefined) return found;
  return candidates.some((instance) => isAddressed(instance, packet)) ? undefined : only(known);
}

function isAddressed({ config, around }: Instance, { destination }: PacketPath): boolean {
  return advertSource(config, around.interfaces.get(config.interface)?.ipv4) === destination;
}

function only<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined;
}
