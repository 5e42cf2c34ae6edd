// How often something of ours that another program removed is put back before we give in.

import { type Micros, SECOND } from "../../lib/micros.ts";

const MOST: number = 5;
const WITHIN: Micros = 10 * SECOND;

/** The put-backs of the last ten seconds, by object. Bounded: as many objects as its user has, five instants each. */
export class PutBackLimit {
  readonly #times = new Map<string, Micros[]>();

  /** Counts a put-back of `object` at `now`; false if there have been too many. */
  take(object: string, now: Micros): boolean {
    const recent = (this.#times.get(object) ?? []).filter((time) => now - time < WITHIN);
    this.#times.set(object, recent);
    if (recent.length >= MOST) return false;
    recent.push(now);
    return true;
  }

  /** Forgets objects that are configured no more. */
  keepOnly(objects: ReadonlySet<string>): void {
    for (const object of this.#times.keys()) {
      if (!objects.has(object)) this.#times.delete(object);
    }
  }
}
