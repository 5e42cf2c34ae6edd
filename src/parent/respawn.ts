// What the parent does about a dead child: when to start it again, and whether it may go on where it was.

import { type Micros, SECOND } from "../lib/micros.ts";

/** A child that lived this long starts with a clean slate. */
const SETTLED_MICROS = 60 * SECOND;
/** FENCING, resume: at most twice in this time. */
const RESUME_WINDOW_MICROS = 60 * SECOND;
const RESUMES_IN_WINDOW = 2;
const LONGEST_DELAY_MICROS = 60 * SECOND;

export interface Respawn {
  /** The new process takes up the state of the old one; else it starts as a backup, behind a clean-up. */
  readonly resume: boolean;
  readonly delayMicros: Micros;
}

/** Counts the deaths of one child: a plan for each, with a growing delay once it dies too often to be resumed. */
export class RespawnPolicy {
  #resumedAt: readonly Micros[] = [];
  #delayed = 0;

  /** The child that was started at `startedAt` died at `now`, not by our wish. */
  plan(startedAt: Micros, now: Micros): Respawn {
    if (now - startedAt >= SETTLED_MICROS) this.#delayed = 0;
    this.#resumedAt = this.#resumedAt.filter((at) => now - at < RESUME_WINDOW_MICROS);
    if (this.#resumedAt.length < RESUMES_IN_WINDOW && this.#delayed === 0) {
      this.#resumedAt = [...this.#resumedAt, now];
      return { resume: true, delayMicros: 0 };
    }
    return { resume: false, delayMicros: this.delay() };
  }

  /** How long to wait before the next try; each time longer. */
  delay(): Micros {
    const delayMicros = Math.min(2 ** this.#delayed * SECOND, LONGEST_DELAY_MICROS);
    this.#delayed = Math.min(this.#delayed + 1, 6);
    return delayMicros;
  }
}
