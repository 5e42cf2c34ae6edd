// Limits how often something may happen within a time, separately for each object.

import type { Micros } from "./micros.ts";

/** Stores up to `most` instants for each object. */
export class RateLimit {
  readonly #most: number;
  readonly #within: Micros;
  readonly #times = new Map<string, Micros[]>();

  constructor(most: number, within: Micros) {
    this.#most = most;
    this.#within = within;
  }

  /** Counts an occurrence for `object` at `now`; false, and not counted, if there were too many. */
  take(object: string, now: Micros): boolean {
    const recent = (this.#times.get(object) ?? []).filter((time) => now - time < this.#within);
    this.#times.set(object, recent);
    if (recent.length >= this.#most) return false;
    recent.push(now);
    return true;
  }

  /** Forgets all other objects. */
  keepOnly(objects: ReadonlySet<string>): void {
    for (const object of this.#times.keys()) {
      if (!objects.has(object)) this.#times.delete(object);
    }
  }
}
