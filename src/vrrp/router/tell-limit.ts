// How often what others cause may be told: whoever speaks without end must not fill the log.

import { type Micros, SECOND } from "../../lib/micros.ts";

const MOST = 10;
const WITHIN: Micros = 10 * SECOND;

/** Ten in ten seconds, whatever they are; the rest is left out. */
export class TellLimit {
  #since: Micros = 0;
  #told = 0;

  /** Whether something may be told at `now`; if so, that is counted. */
  allow(now: Micros): boolean {
    if (now - this.#since >= WITHIN) {
      this.#since = now;
      this.#told = 0;
    }
    if (this.#told >= MOST) return false;
    this.#told++;
    return true;
  }
}
