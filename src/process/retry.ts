// When the loop repeats a failed operation, until it succeeds.

import type { Micros } from "../lib/micros.ts";

/** Plans attempts, at most one per period. */
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

  /** Call it after each attempt and at the first failure: plans or cancels the next attempt. */
  plan(isNeeded: boolean, now: Micros): void {
    if (!isNeeded) this.#at = undefined;
    else if (this.#at === undefined || this.#at <= now) this.#at = now + this.#periodMicros;
  }
}
