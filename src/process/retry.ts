// A failed operation that the loop repeats until it succeeds.

import type { Micros } from "../lib/micros.ts";

/** When to try again: at most once in a period. */
export class Retry {
  readonly #periodMicros: Micros;
  #at: Micros | undefined;

  constructor(periodMicros: Micros) {
    this.#periodMicros = periodMicros;
  }

  /** When the next attempt is due; undefined if none is needed. */
  get at(): Micros | undefined {
    return this.#at;
  }

  isDue(now: Micros): boolean {
    return this.#at !== undefined && this.#at <= now;
  }

  /** After an attempt, or when an operation fails for the first time: whether another attempt is needed. */
  plan(isNeeded: boolean, now: Micros): void {
    if (!isNeeded) this.#at = undefined;
    else if (this.#at === undefined || this.#at <= now) this.#at = now + this.#periodMicros;
  }
}
