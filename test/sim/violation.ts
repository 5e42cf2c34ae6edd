// The rules that the simulation holds a run against.

import type { Micros } from "../../src/lib/micros.ts";

/** A rule that was broken. */
export interface Violation {
  readonly at: Micros;
  readonly rule:
    | "two holders after a silence"
    | "two active for too long"
    | "address without being active"
    | "address where nothing can be delivered"
    | "nobody holds an address"
    | "active without address"
    | "addresses set after a long silence"
    | "announced without being active"
    | "too many adverts"
    | "too many gratuitous ARPs"
    | "too many transitions"
    | "resumed too often"
    | "addresses of a dead process"
    | "addresses without configuration"
    | "not settled";
  readonly text: string;
}
