// The network between the hosts: delay, loss, duplication, partitions and one-way links.

import { type Ip, isMulticast } from "../../src/lib/ip.ts";
import type { Micros } from "../../src/lib/micros.ts";
import { between, type Prng } from "../../src/lib/prng.ts";
import { type PacketPath, vrrpPacket } from "../support/vrrp-packet.ts";
import type { World } from "./world.ts";

/** A host, as seen by the network. */
export interface Port {
  readonly index: number;
  /** Its unicast address; undefined if it has none. */
  readonly address: Ip | undefined;
  /** Its cable is plugged in and its machine runs. */
  readonly isReachable: boolean;
  receive(packet: Uint8Array, from: number): void;
}

export interface LanTraits {
  readonly leastDelay: Micros;
  readonly mostDelay: Micros;
  /** Probabilities. */
  readonly duplication: number;
}

/** The outcome of a packet for one host; `lost` also if a fault stops it. */
export type Delivery = (from: number, to: number, outcome: "delivered" | "lost") => void;

export class Lan {
  readonly #world: World;
  readonly #random: Prng;
  readonly #traits: LanTraits;
  readonly #ports: Port[] = [];
  /** The share of lost packets. */
  #loss = 0;
  /** Groups of hosts cut off from the rest. */
  readonly #apart: Set<number>[] = [];
  /** The time since which it has carried everything between all reachable hosts. */
  #wholeSince: Micros = 0;
  readonly #cuts: { readonly from: number; readonly to: number }[] = [];

  constructor(world: World, random: Prng, traits: LanTraits) {
    this.#world = world;
    this.#random = random;
    this.#traits = traits;
  }

  attach(port: Port): void {
    this.#ports.push(port);
  }

  /** The same; undefined while it has a fault. */
  get wholeSince(): Micros | undefined {
    const isWhole = this.#loss === 0 && this.#apart.length === 0 && this.#cuts.length === 0;
    return isWhole ? this.#wholeSince : undefined;
  }

  /** Loses this share of all packets from now on. */
  setLoss(share: number): void {
    this.#loss = share;
    this.#wholeSince = this.#world.now;
  }

  /** Cuts `hosts` off from the others; the returned function ends that. */
  partition(hosts: ReadonlySet<number>): () => void {
    const side = new Set(hosts);
    this.#apart.push(side);
    return () => {
      remove(this.#apart, side);
      this.#wholeSince = this.#world.now;
    };
  }

  /** Loses all packets from one host to another until the returned function is called. */
  cutOneWay(from: number, to: number): () => void {
    const cut = { from, to };
    this.#cuts.push(cut);
    return () => {
      remove(this.#cuts, cut);
      this.#wholeSince = this.#world.now;
    };
  }

  /** Sends one VRRP message to every host, or to the host with the destination address. */
  send(from: Port, path: PacketPath, payload: Uint8Array, onOutcome: Delivery): void {
    const { destination } = path;
    const packet = vrrpPacket(path, payload);
    for (const port of this.#ports) {
      if (port === from || (!isMulticast(destination) && port.address !== destination)) continue;
      if (this.#isStopped(from, port) || this.#random() < this.#loss) {
        onOutcome(from.index, port.index, "lost");
        continue;
      }
      const copies = this.#random() < this.#traits.duplication ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) this.#deliver(packet, from, port, onOutcome);
    }
  }

  #deliver(packet: Uint8Array, from: Port, to: Port, onOutcome: Delivery): void {
    const { leastDelay, mostDelay } = this.#traits;
    const delay = between(this.#random, leastDelay, mostDelay);
    this.#world.schedule(this.#world.now + delay, () => {
      const isStopped = this.#isStopped(from, to);
      onOutcome(from.index, to.index, isStopped ? "lost" : "delivered");
      if (!isStopped) to.receive(packet, from.index);
    });
  }

  #isStopped(from: Port, to: Port): boolean {
    return (
      !from.isReachable ||
      !to.isReachable ||
      this.#apart.some((side) => side.has(from.index) !== side.has(to.index)) ||
      this.#cuts.some((cut) => cut.from === from.index && cut.to === to.index)
    );
  }
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}
