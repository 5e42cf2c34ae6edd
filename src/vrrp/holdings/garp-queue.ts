// All gratuitous ARPs of a node, in one queue at one pace, behind the adverts and never in front of them.

import type { Ip } from "../../lib/ip.ts";
import { MILLISECOND, type Micros } from "../../lib/micros.ts";
import type { Turn } from "../turn.ts";

/** The most that one turn sends. */
const TURN_ARPS = 64;
/** The wait after a turn that left some behind. */
const TURN_PAUSE: Micros = 2 * MILLISECOND;

interface Entry {
  readonly interface: string;
  readonly address: Ip;
  readonly intervalMicros: Micros;
  remaining: number;
}

/** What waits for one interface, in sending order. */
interface Lane {
  readonly entries: Map<string, Entry>;
  notBefore: Micros;
}

/**
 * Every address has at most one entry: asking again while it waits gives the larger number of repeats, not their sum,
 * so the queue is never longer than there are addresses. Repeats go round, so that every address is announced once
 * before any is announced twice.
 */
export class GarpQueue {
  readonly #lanes = new Map<string, Lane>();
  #pausedUntil: Micros = 0;
  #length = 0;

  /** Addresses that wait. */
  get length(): number {
    return this.#length;
  }

  /**
   * `intervalMicros`: the least time between two ARPs on that interface; zero: the queue's own pace. Whether the
   * address did not wait already.
   */
  add(interfaceName: string, address: Ip, repeats: number, intervalMicros: Micros): boolean {
    if (repeats <= 0) return false;
    let lane = this.#lanes.get(interfaceName);
    if (lane === undefined) {
      lane = { entries: new Map(), notBefore: 0 };
      this.#lanes.set(interfaceName, lane);
    }
    const waiting = lane.entries.get(address);
    if (waiting !== undefined) {
      waiting.remaining = Math.max(waiting.remaining, repeats);
      return false;
    }
    lane.entries.set(address, {
      interface: interfaceName,
      address,
      intervalMicros,
      remaining: repeats,
    });
    this.#length++;
    return true;
  }

  /** An address that we give up must not be announced any more. */
  cancel(interfaceName: string, address: Ip): void {
    if (this.#lanes.get(interfaceName)?.entries.delete(address) === true) this.#length--;
  }

  /** When the next turn may send, or undefined when nothing waits. */
  deadline(): Micros | undefined {
    if (this.#length === 0) return undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) {
      if (lane.entries.size > 0) earliest = Math.min(earliest, lane.notBefore);
    }
    return Math.max(earliest, this.#pausedUntil);
  }

  /** Sends what this turn may send. */
  drain(turn: Turn): void {
    if (this.#length === 0 || turn.now < this.#pausedUntil) return;
    let left = TURN_ARPS;
    for (const [name, lane] of [...this.#lanes]) {
      if (left === 0) break;
      this.#lanes.delete(name);
      // One pass over the lane at most: repeats are separated by a turn.
      let size = lane.entries.size;
      for (const entry of lane.entries.values()) {
        if (size === 0 || left === 0 || turn.now < lane.notBefore) break;
        this.#send(turn, lane, entry);
        size--;
        left--;
      }
      // To the end, so that a long lane does not starve the others.
      if (lane.entries.size > 0 || lane.notBefore > turn.now) this.#lanes.set(name, lane);
    }
    this.#pausedUntil = turn.now + TURN_PAUSE;
  }

  #send(turn: Turn, lane: Lane, entry: Entry): void {
    turn.gratuitousArp(entry.interface, entry.address);
    turn.detail(`Sending gratuitous ARP on ${entry.interface} for ${entry.address}`);
    if (entry.intervalMicros > 0) lane.notBefore = turn.now + entry.intervalMicros;
    entry.remaining--;
    lane.entries.delete(entry.address);
    if (entry.remaining > 0) lane.entries.set(entry.address, entry);
    else this.#length--;
  }
}
