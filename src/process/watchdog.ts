// Finds a child whose loop stands still, by the heartbeat that it leaves in the record file.

import { MILLISECOND, type Micros } from "../lib/micros.ts";

/** From here on a killed child is started anew with its state (FENCING, resume). */
const RESUMABLE_WAIT: Micros = 500 * MILLISECOND;
/** To end a child and to take its addresses out. */
const REMOVAL: Micros = 50 * MILLISECOND;

/** Whether peers that wait for `wait` leave a new child the time to go on where the last one was killed. */
export function isResumableWithin(wait: Micros): boolean {
  return wait >= RESUMABLE_WAIT;
}

/**
 * How old a heartbeat may grow before the child counts as frozen; `shortestWait` is that of the most impatient
 * peer. Half of it leaves time to start a child that resumes; where none does, an address is out within that
 * wait or 100 ms (FENCING, leases 3), and a child that only gets no processor on a busy machine is given what time
 * there is. One that a signal stopped is found sooner, by other means.
 */
export function frozenAfter(shortestWait: Micros): Micros {
  if (isResumableWithin(shortestWait)) return shortestWait / 2;
  return Math.max(shortestWait - REMOVAL, 75 * MILLISECOND);
}

/** The child beats at least this often, whatever else it does. A third: each beat wakes a process that may be idle. */
export function heartbeatPeriod(shortestWait: Micros): Micros {
  return Math.min(frozenAfter(shortestWait) / 3, 500 * MILLISECOND);
}

/**
 * Watches one child. It looks when the last heartbeat that it saw grows too old, not more often. A watcher that was
 * itself held up gives the child more time, since both may have slept.
 */
export class Watchdog {
  readonly #limitMicros: Micros;
  /** When the next look should come. */
  #lookAt: Micros;

  constructor(shortestWait: Micros, now: Micros) {
    this.#limitMicros = frozenAfter(shortestWait);
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
