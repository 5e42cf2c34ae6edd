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
  intervalMicros: Micros;
  remaining: number;
}

/** The waiting addresses of one interface. */
interface InterfaceQueue {
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
  readonly #queues = new Map<string, InterfaceQueue>();
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
    let queue = this.#queues.get(interfaceName);
    if (queue === undefined) {
      queue = { entries: new Map(), notBefore: 0 };
      this.#queues.set(interfaceName, queue);
    }
    const waiting = queue.entries.get(address);
    if (waiting !== undefined) {
      waiting.remaining = Math.max(waiting.remaining, repeats);
      waiting.intervalMicros = intervalMicros;
      return false;
    }
    queue.entries.set(address, { announcement, intervalMicros, remaining: repeats });
    this.#length++;
    return true;
  }

  /** Removes an address, which must not be announced after it was given up. */
  cancel(interfaceName: string, address: Ip): void {
    if (this.#queues.get(interfaceName)?.entries.delete(address) === true) this.#length--;
  }

  /** When the next step may send; undefined if the queue is empty. */
  deadline(): Micros | undefined {
    if (this.#length === 0) return undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues.values()) {
      if (queue.entries.size > 0) earliest = Math.min(earliest, queue.notBefore);
    }
    return Math.max(earliest, this.#pausedUntil);
  }

  /** Adds as many announcements to `step` as it may have. */
  drain(step: Step): void {
    if (this.#length === 0 || step.now < this.#pausedUntil) return;
    let remaining = STEP_ANNOUNCEMENTS;
    for (const [name, queue] of [...this.#queues]) {
      if (remaining === 0) break;
      this.#queues.delete(name);
      // Entries with repeats left go to the end of the map: stop before them, so that repeats are in separate steps.
      let size = queue.entries.size;
      for (const entry of queue.entries.values()) {
        if (size === 0 || remaining === 0 || step.now < queue.notBefore) break;
        this.#take(step, queue, entry);
        size--;
        remaining--;
      }
      // Keep it while addresses wait, and while it must remember when the next one may be announced. Move it to the end, so
      // that a long queue does not starve the others.
      if (queue.entries.size > 0 || queue.notBefore > step.now) this.#queues.set(name, queue);
    }
    this.#pausedUntil = step.now + STEP_PAUSE;
  }

  #take(step: Step, queue: InterfaceQueue, entry: Entry): void {
    const { announcement } = entry;
    step.announce(announcement);
    step.detail(sendingText(announcement));
    if (entry.intervalMicros > 0) queue.notBefore = step.now + entry.intervalMicros;
    entry.remaining--;
    queue.entries.delete(announcement.address);
    if (entry.remaining > 0) queue.entries.set(announcement.address, entry);
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
