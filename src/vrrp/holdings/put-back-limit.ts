// Limits how often an address that another program removed is restored.

import { type Micros, SECOND } from "../../lib/micros.ts";

const MAX_PUT_BACKS: number = 5;
const PERIOD: Micros = 10 * SECOND;

/** The times of recent put-backs by object. Bounded by the number of configured objects, with five times each. */
export class PutBackLimit {
  readonly #times = new Map<string, Micros[]>();

  /** Counts a put-back of `object` at `now`; false if there have been too many. */
  take(object: string, now: Micros): boolean {
    const recent = (this.#times.get(object) ?? []).filter((time) => now - time < PERIOD);
    this.#times.set(object, recent);
    if (recent.length >= MAX_PUT_BACKS) return false;
    recent.push(now);
    return true;
  }

  /** Forgets objects that are no longer configured. */
  keepOnly(objects: ReadonlySet<string>): void {
    for (const object of this.#times.keys()) {
      if (!objects.has(object)) this.#times.delete(object);
    }
  }
}
