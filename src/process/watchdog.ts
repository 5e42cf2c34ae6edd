// Detects a child whose loop is frozen, by its heartbeat in the record file.

import { MILLISECOND, type Micros } from "../lib/micros.ts";

/** If peers wait at least this long, a killed child is resumed. */
const RESUMABLE_WAIT: Micros = 500 * MILLISECOND;
/** The time to kill a child and remove its addresses. */
const REMOVAL: Micros = 50 * MILLISECOND;

/** Whether a child can be resumed while its peers wait for `wait`. */
export function isResumableWithin(wait: Micros): boolean {
  return wait >= RESUMABLE_WAIT;
}

/**
 * The age of the heartbeat at which a child counts as frozen. Half of `shortestWait`, the shortest wait of its peers,
 * leaves time to resume it. If that wait is too short for a resume, only the removal of its addresses must fit in: the
 * child gets the rest of the wait, since it may only be waiting for a busy processor. It always gets 75 ms: with waits
 * below 125 ms the removal may come late. `StoppedWatch` finds a child that a signal has stopped sooner.
 */
export function frozenAfter(shortestWait: Micros): Micros {
  if (isResumableWithin(shortestWait)) return shortestWait / 2;
  return Math.max(shortestWait - REMOVAL, 75 * MILLISECOND);
}

/** The longest time between two heartbeats. Only a third of the limit, since each one wakes an idle process. */
export function heartbeatPeriod(shortestWait: Micros): Micros {
  return Math.min(frozenAfter(shortestWait) / 3, 500 * MILLISECOND);
}

/**
 * Watches one child. It looks only when the last heartbeat that it saw gets too old. If the watcher itself was delayed,
 * the child gets more time, since both may have been suspended.
 */
export class Watchdog {
  readonly #limitMicros: Micros;
  /** When the next look is due. */
  #lookAt: Micros;

  constructor(shortestWait: Micros, now: Micros) {
    this.#limitMicros = frozenAfter(shortestWait);
    this.#lookAt = now;
  }

  /** How long after `now` to look again at a child with a heartbeat at `heartbeatAt`; undefined if it is frozen. */
  look(now: Micros, heartbeatAt: Micros): Micros | undefined {
    const left = heartbeatAt + this.#limitMicros - now;
    const wasDelayed = now - this.#lookAt > this.#limitMicros / 2;
    if (left < 0 && !wasDelayed) return undefined;
    // Timers in milliseconds can fire slightly early.
    const wait = left < 0 ? this.#limitMicros / 4 : left + MILLISECOND;
    this.#lookAt = now + wait;
    return wait;
  }
}
