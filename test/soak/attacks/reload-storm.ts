// Attack: more reload requests than can be handled one by one.

import { sleep } from "../../../lab/clock.ts";
import { requireStillness, transitionsOf } from "../stillness.ts";
import type { Attack } from "./attack.ts";

const RELOADS = 300;
const SECONDS = 3;

export const reloadStorm: Attack = {
  name: "reload-storm",
  does: `sends ${RELOADS} SIGHUPs in ${SECONDS} s and changes the file before the last one`,
  holds: "no transition; no more reloads than signals; the last file is in effect",
  run: async ({ stage, share }) => {
    const [node] = stage.nodes;
    const count = Math.ceil(RELOADS * share);
    const before = transitionsOf(stage);
    const from = node.program.lines.length;
    const formerPriority = node.priorities.get("VI_2") ?? 100;
    stage.enter("never");
    for (let sent = 1; sent <= count; sent++) {
      if (sent === count) {
        node.priorities.set("VI_2", formerPriority - 1);
        node.writeConfig();
      }
      node.program.signal("SIGHUP");
      await sleep((SECONDS * 1_000) / RELOADS);
    }
    const change = `Changing effective priority from ${formerPriority} to ${formerPriority - 1}`;
    await node.program.waitForLine(new RegExp(`\\(VI_2\\) ${change}`), undefined, from);
    await node.program.waitForLine(/Reload complete/, undefined, from);
    requireStillness(stage, before, "after many reloads");
    const done = node.program.lines
      .slice(from)
      .filter(({ text }) => text.includes("Reload complete")).length;
    if (done > count) throw new Error(`${count} signals caused ${done} reloads`);
    return `${count} SIGHUPs, ${done} reloads, 0 transitions`;
  },
};
