// What the vrrp process answers to a dump, and logs when it is asked.

import type { Micros } from "../../lib/micros.ts";
import type { DumpKind } from "../../process/messages.ts";
import type { NodeSnapshot } from "../../vrrp/snapshot.ts";

/** A piece of what the process answers. */
export interface VrrpSnapshot {
  readonly takenAt: Micros;
  /** Of its loop, since the start or since the counters were cleared. */
  readonly worstLatenessMicros: Micros;
  readonly node: NodeSnapshot;
}

/** keepalived's words. */
const TITLES: { readonly [kind in DumpKind]: string } = {
  data: "Printing VRRP data",
  stats: "Printing VRRP stats",
  statsClear: "Printing and clearing VRRP stats",
  json: "Printing VRRP as json",
};

/** What the process logs when it is asked. */
export function dumpTitle(kind: DumpKind): string {
  return TITLES[kind];
}
