// The vrrp process's answer to a dump request, and its log line.

import type { Micros } from "../../lib/micros.ts";
import type { DumpKind } from "../../process/messages.ts";
import type { NodeSnapshot } from "../../vrrp/snapshot.ts";

/** One piece of the answer. */
export interface VrrpSnapshot {
  readonly takenAt: Micros;
  /** Of its loop, since the start or the last clearing of counters. */
  readonly worstLatenessMicros: Micros;
  readonly node: NodeSnapshot;
}

/** keepalived's lines. */
const TITLES: { readonly [kind in DumpKind]: string } = {
  data: "Printing VRRP data",
  stats: "Printing VRRP stats",
  statsClear: "Printing and clearing VRRP stats",
  json: "Printing VRRP as json",
};

/** The log line of a request, without the process. */
export function dumpTitle(kind: DumpKind): string {
  return TITLES[kind];
}
