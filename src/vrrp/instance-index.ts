// Which instances an event concerns, by an index; and which instance a packet is for: by interface and VRID. Several
// instances may have the same, if one is multicast and another unicast, or if their groups or peers differ: then the
// packet's addresses decide.

import { ipFamily, isMulticast } from "../lib/ip.ts";
import { addressKey } from "../lib/prefix.ts";
import { type VrrpPacket, virtualRouterIdOf } from "../wire/vrrp.ts";
import type { NodeEvent } from "./event.ts";
import { advertSource } from "./router/advert.ts";
import type { Instance } from "./router/instance.ts";
import type { Step } from "./step.ts";
import { trackedInterfaces } from "./tracking/tracking.ts";

export interface InstanceIndex {
  readonly byName: ReadonlyMap<string, Instance>;
  /** By interface, then by virtual router id. `findRouter` picks the one that a packet is for. */
  readonly byRouter: ReadonlyMap<string, readonly (readonly Instance[] | undefined)[]>;
  /** Unicast instances of all interfaces, by virtual router id. */
  readonly unicastByRouter: ReadonlyMap<number, readonly Instance[]>;
  /** Instances that send on an interface or track it. */
  readonly byInterface: ReadonlyMap<string, readonly Instance[]>;
  /** Instances with floating addresses on an interface. */
  readonly byAddressInterface: ReadonlyMap<string, readonly Instance[]>;
  /** By `addressKey`. */
  readonly byAddress: ReadonlyMap<string, Instance>;
  readonly byScript: ReadonlyMap<string, readonly Instance[]>;
}

/** The index of `instances` by their present configurations. */
export function indexInstances(instances: readonly Instance[]): InstanceIndex {
  const byName = new Map<string, Instance>();
  const byRouter = new Map<string, Instance[][]>();
  const unicastByRouter = new Map<number, Instance[]>();
  const byInterface = new Map<string, Instance[]>();
  const byAddressInterface = new Map<string, Instance[]>();
  const byAddress = new Map<string, Instance>();
  const byScript = new Map<string, Instance[]>();
  for (const instance of instances) {
    const { config, floating } = instance;
    byName.set(config.name, instance);
    const routers = byRouter.get(config.interface) ?? [];
    byRouter.set(config.interface, routers);
    const same = routers[config.virtualRouterId] ?? [];
    routers[config.virtualRouterId] = same;
    same.push(instance);
    if (instance.expectation.unicast) append(unicastByRouter, config.virtualRouterId, instance);
    const interfaces = [config.interface, ...trackedInterfaces(config).map(({ name }) => name)];
    for (const name of new Set(interfaces)) append(byInterface, name, instance);
    const carriers = new Set(floating.all.map((entry) => entry.interface));
    for (const name of carriers) append(byAddressInterface, name, instance);
    for (const entry of floating.all) byAddress.set(addressKey(entry), instance);
    for (const { name } of config.trackScripts) append(byScript, name, instance);
  }
  return {
    byName,
    byRouter,
    unicastByRouter,
    byInterface,
    byAddressInterface,
    byAddress,
    byScript,
  };
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

type PacketEvent = Extract<NodeEvent, { readonly kind: "packet" }>;

/** How many lines about packets for no instance are remembered. */
const MOST_LOGGED = 1_000;

/** Finds the instance that a packet is for, and logs packets for none, once for each interface and line. */
export class InstanceFinder {
  readonly #logged = new Set<string>();

  /** Logs an unknown VRID only with `logUnknownVrids`. */
  find(
    step: Step,
    { byRouter, unicastByRouter }: InstanceIndex,
    event: PacketEvent,
    logUnknownVrids: boolean,
  ): Instance | undefined {
    const { interface: interfaceName, source, payload } = event;
    const id = virtualRouterIdOf(payload);
    if (id === undefined) {
      const text = `IPv${ipFamily(source)} VRRP packet too short - ${payload.length} bytes`;
      this.#logOnce(step, interfaceName, text);
      return undefined;
    }
    const candidates = byRouter.get(interfaceName)?.[id] ?? [];
    const instance = findRouter(candidates, event, unicastByRouter.get(id) ?? []);
    if (instance === undefined && logUnknownVrids) {
      const text = `Unknown VRID(${id}) received on interface(${interfaceName}). ignoring...`;
      this.#logOnce(step, interfaceName, text);
    }
    return instance;
  }

  #logOnce(step: Step, interfaceName: string, text: string): void {
    const key = `${interfaceName} ${text}`;
    if (this.#logged.has(key) || this.#logged.size >= MOST_LOGGED) return;
    this.#logged.add(key);
    step.log("info", text);
  }
}

/** The part of a packet that leads to an instance. */
export type PacketPath = Pick<VrrpPacket, "source" | "destination">;

/**
 * The one of `candidates` that a packet is for, or undefined. A lone candidate also gets packets of the wrong kind
 * (multicast or unicast), and unicast packets from strangers and to any address of the host: it refuses and counts them as keepalived does.
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
