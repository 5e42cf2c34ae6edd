// Finds a child whose loop stands still, by the heartbeat that it leaves in the record file.

import { MILLISECOND, type Micros } from "../lib/micros.ts";

/** The child beats at least this often, whatever else it does. */
export function heartbeatPeriod(shortestAdvertMicros: Micros): Micros {
  return Math.max(20 * MILLISECOND, Math.min(shortestAdvertMicros / 4, 250 * MILLISECOND));
}

/**
 * How old a heartbeat may grow before the child counts as frozen. Peers wait three adverts: half of that leaves
 * time to end the child and to start one that resumes; below 100 ms an address is out within that time (FENCING,
 * leases 3).
 */
export function frozenAfter(shortestAdvertMicros: Micros): Micros {
  return Math.max(60 * MILLISECOND, Math.min(1.5 * shortestAdvertMicros, 10_000 * MILLISECOND));
}

/**
 * Watches one child. `check` is to be called every quarter of `frozenAfter`; a watcher that was itself held up
 * gives the child one more round, since both may have slept.
 */
export class Watchdog {
  readonly #limitMicros: Micros;
  #checkedAt: Micros;

  constructor(shortestAdvertMicros: Micros, now: Micros) {
    this.#limitMicros = frozenAfter(shortestAdvertMicros);
    this.#checkedAt = now;
  }

  get periodMicros(): Micros {
    return this.#limitMicros / 4;
  }

  /** Whether the child that last beat at `heartbeatAt` is frozen. */
  check(now: Micros, heartbeatAt: Micros): boolean {
    const wasHeldUp = now - this.#checkedAt > 2 * this.periodMicros;
    this.#checkedAt = now;
    return !wasHeldUp && now - heartbeatAt > this.#limitMicros;
  }
}
