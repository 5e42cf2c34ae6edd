// The dumps of the vrrp process: what it answers, and what the parent writes of that into which file.

import type { VrrpPart } from "../../config/config.ts";
import { unreachable } from "../../lib/assert.ts";
import type { Micros } from "../../lib/micros.ts";
import { boottime, realtime } from "../../os/loop/clock.ts";
import type { DumpKind } from "../../process/messages.ts";
import type { DumpFile } from "../../process/role.ts";
import { renderVrrpPart } from "../../status/config-text.ts";
import { renderData, renderLateness } from "../../status/data-text.ts";
import { renderJson } from "../../status/json.ts";
import { renderStats } from "../../status/stats-text.ts";
import { joinSnapshots, type NodeSnapshot } from "../../vrrp/snapshot.ts";

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

/** The file of a dump, from all `pieces` that a process with the configuration `part` answered. */
export function renderDump(
  kind: DumpKind,
  part: VrrpPart,
  pieces: readonly VrrpSnapshot[],
): DumpFile {
  const node = joinSnapshots(pieces.map((piece) => piece.node));
  const { takenAt = boottime(), worstLatenessMicros = 0 } = pieces[0] ?? {};
  switch (kind) {
    case "data": {
      const config = `${renderVrrpPart(part).join("\n")}\n`;
      const state = renderData(part, node, takenAt);
      const text = config + state + renderLateness(worstLatenessMicros);
      return { name: "keepalived.data", text };
    }
    case "stats":
    case "statsClear":
      return { name: "keepalived.stats", text: renderStats(node) };
    case "json":
      return { name: "keepalived.json", text: renderJson(part, node, realtime() - boottime()) };
    default:
      return unreachable(kind);
  }
}
