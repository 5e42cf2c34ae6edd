// The heartbeat of a child's loop, which the parent watches. It continues during long work.

import type { Micros } from "../lib/micros.ts";

/** Thousands of requests to the kernel must not look like a frozen loop. */
const ITEMS_A_BEAT = 512;

export class Heartbeat {
  readonly #beat: (now: Micros) => void;
  readonly #now: () => Micros;
  #periodMicros: Micros;
  #beatAt: Micros = 0;

  /** `beat` writes a heartbeat; one is due every `periodMicros`. */
  constructor(beat: (now: Micros) => void, now: () => Micros, periodMicros: Micros) {
    this.#beat = beat;
    this.#now = now;
    this.#periodMicros = periodMicros;
  }

  setPeriod(periodMicros: Micros): void {
    this.#periodMicros = periodMicros;
  }

  /** When the next heartbeat is due. */
  deadline(): Micros {
    return this.#beatAt + this.#periodMicros;
  }

  /** At each turn of the loop, and between the parts of long work. */
  beat(now: Micros = this.#now()): void {
    this.#beatAt = now;
    this.#beat(now);
  }

  /** Does `work` on `items` in parts, with a heartbeat after each. */
  inParts<T>(items: readonly T[], work: (part: readonly T[]) => void): void {
    for (let from = 0; from < items.length; from += ITEMS_A_BEAT) {
      work(items.slice(from, from + ITEMS_A_BEAT));
      this.beat();
    }
  }
}
