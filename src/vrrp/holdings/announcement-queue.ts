// All announcements of a node, in one queue at one pace, behind the adverts and never in front of them.

import { unreachable } from "../../lib/assert.ts";
import { type Ip, ipFamily } from "../../lib/ip.ts";
import { MILLISECOND, type Micros } from "../../lib/micros.ts";
import type { Announcement } from "../action.ts";
import type { Turn } from "../turn.ts";

/** The most that one turn sends. */
const TURN_ANNOUNCEMENTS = 64;
/** The wait after a turn that left some behind. */
const TURN_PAUSE: Micros = 2 * MILLISECOND;

interface Entry {
  readonly announcement: Announcement;
  readonly intervalMicros: Micros;
  remaining: number;
}

/** What waits for one interface. */
interface Lane {
  /** By address, in sending order. */
  readonly entries: Map<Ip, Entry>;
  notBefore: Micros;
}

/**
 * Every address has at most one entry: asking again while it waits gives the larger number of repeats, not their sum,
 * so the queue is never longer than there are addresses. Repeats go round, so that every address is announced once
 * before any is announced twice.
 */
export class AnnouncementQueue {
  readonly #lanes = new Map<string, Lane>();
  #pausedUntil: Micros = 0;
  #length = 0;

  /** Addresses that wait. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds an address that is to be announced `repeats` times. `intervalMicros`: the least time between two announcements
   * on that interface; zero: the queue's own pace. Returns false if it waits already or its family is not announced.
   */
  add(interfaceName: string, address: Ip, repeats: number, intervalMicros: Micros): boolean {
    const announcement = announcementOf(interfaceName, address);
    if (repeats <= 0 || announcement === undefined) return false;
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
    lane.entries.set(address, { announcement, intervalMicros, remaining: repeats });
    this.#length++;
    return true;
  }

  /** Forgets an address, which must not be announced once it is given up. */
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
    let left = TURN_ANNOUNCEMENTS;
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
    const { announcement } = entry;
    turn.announce(announcement);
    turn.detail(sendingText(announcement));
    if (entry.intervalMicros > 0) lane.notBefore = turn.now + entry.intervalMicros;
    entry.remaining--;
    lane.entries.delete(announcement.address);
    if (entry.remaining > 0) lane.entries.set(announcement.address, entry);
    else this.#length--;
  }
}

/** How the family of `address` is announced; undefined: not at all. IPv6 needs neighbour advertisements. */
function announcementOf(interfaceName: string, address: Ip): Announcement | undefined {
  return ipFamily(address) === 4 ? { kind: "arp", interface: interfaceName, address } : undefined;
}

function sendingText({ kind, interface: interfaceName, address }: Announcement): string {
  switch (kind) {
    case "arp":
      return `Sending gratuitous ARP on ${interfaceName} for ${address}`;
    default:
      return unreachable(kind);
  }
}
