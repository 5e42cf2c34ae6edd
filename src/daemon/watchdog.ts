// Finds a child whose loop stands still, by the heartbeat that it leaves in the record file.

import { MILLISECOND, type Micros } from "../lib/micros.ts";

/**
 * How old a heartbeat may grow before the child counts as frozen. Peers wait three adverts: half of that leaves
 * time to end the child and to start one that resumes; below 100 ms an address is out within that time (FENCING,
 * leases 3).
 */
export function frozenAfter(shortestAdvertMicros: Micros): Micros {
  return Math.max(60 * MILLISECOND, Math.min(1.5 * shortestAdvertMicros, 10_000 * MILLISECOND));
}

/** The child beats at least this often, whatever else it does. A third: each beat wakes a process that may be idle. */
export function heartbeatPeriod(shortestAdvertMicros: Micros): Micros {
  return Math.min(frozenAfter(shortestAdvertMicros) / 3, 500 * MILLISECOND);
}

/**
 * Watches one child. It looks when the last heartbeat that it saw grows too old, not more often. A watcher that was
 * itself held up gives the child more time, since both may have slept.
 */
export class Watchdog {
  readonly #limitMicros: Micros;
  /** When the next look should come. */
  #lookAt: Micros;

  constructor(shortestAdvertMicros: Micros, now: Micros) {
    this.#limitMicros = frozenAfter(shortestAdvertMicros);
    this.#lookAt = now;
  }

  /** How long after `now` to look again at a child that last beat at `heartbeatAt`; undefined: it is frozen. */
  look(now: Micros, heartbeatAt: Micros): Micros | undefined {
    const left = heartbeatAt + this.#limitMicros - now;
    const wasHeldUp = now - this.#lookAt > this.#limitMicros / 2;
    if (left < 0 && !wasHeldUp) return undefined;
    // A timer of milliseconds may fire a little early.
    const wait = left < 0 ? this.#limitMicros / 4 : left + MILLISECOND;
    this.#lookAt = now + wait;
    return wait;
  }
}
