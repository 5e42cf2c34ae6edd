// The queue of a node's announcements (gratuitous ARP). It limits their rate, and adverts always go first.

import { unreachable } from "../../lib/assert.ts";
import { type Ip, ipFamily } from "../../lib/ip.ts";
import { MILLISECOND, type Micros } from "../../lib/micros.ts";
import type { Announcement } from "../action.ts";
import type { Step } from "../step.ts";

/** The maximum per step. */
const STEP_ANNOUNCEMENTS = 64;
/** The pause before the next step may send. */
const STEP_PAUSE: Micros = 2 * MILLISECOND;

interface Entry {
  readonly announcement: Announcement;
  readonly intervalMicros: Micros;
  remaining: number;
}

/** The waiting addresses of one interface. */
interface Lane {
  /** By address, in sending order. */
  readonly entries: Map<Ip, Entry>;
  notBefore: Micros;
}

/**
 * Every address has at most one entry: adding a waiting address again takes the larger number of repeats, not the sum,
 * so the queue has at most as many entries as there are addresses. Every address is announced once before any is
 * announced twice.
 */
export class AnnouncementQueue {
  readonly #lanes = new Map<string, Lane>();
  #pausedUntil: Micros = 0;
  #length = 0;

  /** The number of waiting addresses. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds an address to be announced `repeats` times. `intervalMicros`: the minimum time between two announcements on that
   * interface; zero: no minimum. Returns false if it is already waiting or its family is not announced.
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

  /** Removes an address, which must not be announced after it was given up. */
  cancel(interfaceName: string, address: Ip): void {
    if (this.#lanes.get(interfaceName)?.entries.delete(address) === true) this.#length--;
  }

  /** When the next step may send; undefined if the queue is empty. */
  deadline(): Micros | undefined {
    if (this.#length === 0) return undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const lane of this.#lanes.values()) {
      if (lane.entries.size > 0) earliest = Math.min(earliest, lane.notBefore);
    }
    return Math.max(earliest, this.#pausedUntil);
  }

  /** Sends as many announcements as this step may send. */
  drain(step: Step): void {
    if (this.#length === 0 || step.now < this.#pausedUntil) return;
    let remaining = STEP_ANNOUNCEMENTS;
    for (const [name, lane] of [...this.#lanes]) {
      if (remaining === 0) break;
      this.#lanes.delete(name);
      // At most one pass over the lane, so that repeats are in separate steps.
      let size = lane.entries.size;
      for (const entry of lane.entries.values()) {
        if (size === 0 || remaining === 0 || step.now < lane.notBefore) break;
        this.#send(step, lane, entry);
        size--;
        remaining--;
      }
      // Move it to the end, so that a long lane does not starve the others.
      if (lane.entries.size > 0 || lane.notBefore > step.now) this.#lanes.set(name, lane);
    }
    this.#pausedUntil = step.now + STEP_PAUSE;
  }

  #send(step: Step, lane: Lane, entry: Entry): void {
    const { announcement } = entry;
    step.announce(announcement);
    step.detail(sendingText(announcement));
    if (entry.intervalMicros > 0) lane.notBefore = step.now + entry.intervalMicros;
    entry.remaining--;
    lane.entries.delete(announcement.address);
    if (entry.remaining > 0) lane.entries.set(announcement.address, entry);
    else this.#length--;
  }
}

/** The announcement of an address; undefined for IPv6, whose neighbour advertisements are not built yet. */
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
