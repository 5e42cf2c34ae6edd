// When to restart a dead child, and whether it may resume.

import { type Micros, SECOND } from "../lib/micros.ts";

/** After this lifetime, earlier deaths no longer count. */
const SETTLED_MICROS = 60 * SECOND;
/** A child is resumed at most `RESUMES_IN_WINDOW` times within this time. */
const RESUME_WINDOW_MICROS = 60 * SECOND;
const RESUMES_IN_WINDOW = 2;
const LONGEST_DELAY_MICROS = 60 * SECOND;

export interface Respawn {
  /** Whether the new process resumes the old one's state; else it starts as a backup after a clean-up. */
  readonly resume: boolean;
  readonly delayMicros: Micros;
}

/** Plans the restart after each death of one child, with a growing delay if it dies too often to be resumed. */
export class RespawnPolicy {
  #resumedAt: readonly Micros[] = [];
  #delayed = 0;

  /** After an unexpected death at `now` of the child that was started at `startedAt`. */
  plan(startedAt: Micros, now: Micros): Respawn {
    if (now - startedAt >= SETTLED_MICROS) this.#delayed = 0;
    this.#resumedAt = this.#resumedAt.filter((at) => now - at < RESUME_WINDOW_MICROS);
    if (this.#resumedAt.length < RESUMES_IN_WINDOW && this.#delayed === 0) {
      this.#resumedAt = [...this.#resumedAt, now];
      return { resume: true, delayMicros: 0 };
    }
    return { resume: false, delayMicros: this.delay() };
  }

  /** The delay before the next try, longer each time. */
  delay(): Micros {
    const delayMicros = Math.min(2 ** this.#delayed * SECOND, LONGEST_DELAY_MICROS);
    this.#delayed = Math.min(this.#delayed + 1, 6);
    return delayMicros;
  }
}
