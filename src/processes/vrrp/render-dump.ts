// Renders the dumps of the vrrp process. Only the parent loads this, on request, since the renderers load all keywords of
// the configuration, which would slow down the start of the vrrp process.

import type { VrrpPart } from "../../config/config.ts";
import { unreachable } from "../../lib/assert.ts";
import { boottime, realtime } from "../../os/loop/clock.ts";
import type { DumpKind } from "../../process/messages.ts";
import type { DumpFile } from "../../process/role.ts";
import { renderVrrpPart } from "../../status/config-text.ts";
import { renderData, renderLateness } from "../../status/data-text.ts";
import { renderJson } from "../../status/json.ts";
import { renderStats } from "../../status/stats-text.ts";
import { joinSnapshots } from "../../vrrp/snapshot.ts";
import type { VrrpSnapshot } from "./dump.ts";

/** Renders a dump from all `pieces` of a process that runs with `part`. */
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
