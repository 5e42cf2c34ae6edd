// Which virtual router a packet is for: by interface and VRID, and where several have the same, by addresses. Multicast
// and unicast are separate spaces, and so is each group, and each pair of own address and peer.

import { ipFamily, isMulticast } from "../lib/ip.ts";
import { type VrrpPacket, virtualRouterIdOf } from "../wire/vrrp.ts";
import type { NodeEvent } from "./event.ts";
import type { InstanceIndex } from "./instance-index.ts";
import { advertSource } from "./router/advert.ts";
import type { Instance } from "./router/instance.ts";
import type { Turn } from "./turn.ts";

type PacketEvent = Extract<NodeEvent, { readonly kind: "packet" }>;

/** How many lines about packets for no instance are remembered. */
const MOST_LOGGED = 1_000;

/** Finds the instance that a packet is for, and logs packets for none, once for each interface and line. */
export class PacketFinder {
  readonly #logged = new Set<string>();

  /** Logs an unknown VRID only with `logUnknownVrids`. */
  find(
    turn: Turn,
    { byRouter, unicastByRouter }: InstanceIndex,
    event: PacketEvent,
    logUnknownVrids: boolean,
  ): Instance | undefined {
    const { interface: interfaceName, source, payload } = event;
    const id = virtualRouterIdOf(payload);
    if (id === undefined) {
      const text = `IPv${ipFamily(source)} VRRP packet too short - ${payload.length} bytes`;
      this.#logOnce(turn, interfaceName, text);
      return undefined;
    }
    const candidates = byRouter.get(interfaceName)?.[id] ?? [];
    const instance = findRouter(candidates, event, unicastByRouter.get(id) ?? []);
    if (instance === undefined && logUnknownVrids) {
      const text = `Unknown VRID(${id}) received on interface(${interfaceName}). ignoring...`;
      this.#logOnce(turn, interfaceName, text);
    }
    return instance;
  }

  #logOnce(turn: Turn, interfaceName: string, text: string): void {
    const key = `${interfaceName} ${text}`;
    if (this.#logged.has(key) || this.#logged.size >= MOST_LOGGED) return;
    this.#logged.add(key);
    turn.log("info", text);
  }
}

/** The part of a packet that leads to an instance. */
export type PacketPath = Pick<VrrpPacket, "source" | "destination">;

/**
 * The one of `candidates` that a packet is for, or undefined. A lone candidate also gets packets of the other kind, and
 * unicast packets from strangers and to any address of the host: it refuses and counts them as keepalived does.
 *
 * `candidates` are on the interface that received the packet. `unicast` are the unicast instances of the same VRID on
 * all interfaces: Linux answers ARP for an address on every interface, so a packet to an instance's own address may
 * arrive on another one.
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
 * The only instance whose peer is the source and whose own address is the destination; a configured own address counts
 * before the present one of the interface. If no instance has the destination, the source alone decides.
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

function isAddressed({ config, shared }: Instance, { destination }: PacketPath): boolean {
  return advertSource(config, shared.interfaces.get(config.interface)?.ipv4) === destination;
}

function only<T>(items: readonly T[]): T | undefined {
  return items.length === 1 ? items[0] : undefined;
}
