// Which of the virtual routers with one VRID on one interface a packet is for. Multicast and unicast are separate
// spaces, and so is each group, and each pair of own address and peer.

import { isMulticast } from "../lib/ip.ts";
import type { Ipv4Packet } from "../wire/ipv4.ts";
import { advertSource } from "./advert.ts";
import type { Instance } from "./instance.ts";

/** What of a packet leads to an instance. */
export type PacketPath = Pick<Ipv4Packet, "source" | "destination">;

/**
 * The one of `candidates` that the packet is for, or undefined. One that is alone takes packets of the wrong kind too,
 * and unicast packets from strangers and to any address of the host: it refuses and counts them as keepalived does.
 */
export function findRouter(
  candidates: readonly Instance[],
  packet: PacketPath,
): Instance | undefined {
  const isUnicast = !isMulticast(packet.destination);
  const sameKind = candidates.filter(({ expectation }) => expectation.unicast === isUnicast);
  if (sameKind.length === 0) return only(candidates);
  if (isUnicast) return findUnicast(sameKind, packet);
  return sameKind.find(({ config }) => config.mcastGroup === packet.destination);
}

/**
 * Of several only one that has the source as its peer, and has the destination as its own address: a configured one
 * before that which its interface has at the moment. What is sent to no own address goes by the source alone.
 */
function findUnicast(
  candidates: readonly Instance[],
  { source, destination }: PacketPath,
): Instance | undefined {
  if (candidates.length === 1) return candidates[0];
  const isAddressed = ({ config, around }: Instance): boolean =>
    advertSource(config, around.interfaces.get(config.interface)?.ipv4) === destination;
  const known = candidates.filter(({ config }) => config.unicastPeers.includes(source));
  const found =
    only(known.filter(({ config }) => config.unicastSrcIp === destination)) ??
    only(known.filter(isAddressed));
  return found ?? (candidates.some(isAddressed) ? undefined : only(known));
}

function only<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined;
}
