// Finds a child that a signal stopped (SIGSTOP): the kernel says so at once, long before a heartbeat is missed.

import { MILLISECOND, type Micros, SECOND, timerMillis } from "../lib/micros.ts";

/**
 * How long a child may stay stopped. A fifth of an interval: one that is stopped just before its advert is due is then
 * found, ended and resumed before its leases of two intervals end.
 */
export function longestStop(shortestAdvertMicros: Micros): Micros {
  return Math.max(40 * MILLISECOND, Math.min(0.2 * shortestAdvertMicros, 3 * SECOND));
}

export interface StandstillOptions {
  readonly limitMicros: Micros;
  readonly now: () => Micros;
  /** Whether the child is stopped at this moment. */
  readonly isStopped: () => boolean;
  readonly onStandstill: () => void;
}

/** Watches one child. A watcher that was itself held up gives it the whole time anew, since both may have slept. */
export class Standstill {
  readonly #options: StandstillOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StandstillOptions) {
    this.#options = options;
    this.look();
  }

  /** To be called when the kernel tells that some child changed (SIGCHLD). */
  look(): void {
    if (this.#timer === undefined && this.#options.isStopped()) this.#wait();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    const { limitMicros, now, isStopped, onStandstill } = this.#options;
    const since = now();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!isStopped()) return;
      if (now() - since > 1.5 * limitMicros) this.#wait();
      else onStandstill();
    }, timerMillis(limitMicros));
  }
}
