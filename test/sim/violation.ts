// The rules that a simulated run must keep.

import type { Micros } from "../../src/lib/micros.ts";

/** A violated rule. */
export interface Violation {
  readonly at: Micros;
  readonly rule:
    | "two holders after a silence"
    | "two active for too long"
    | "address without being active"
    | "address where nothing can be delivered"
    | "no holder"
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
