// Measures how late the vrrp process's loop gets while thousands of objects that are another role's are reloaded.

import { join } from "node:path";
import { projectRoot } from "../lab/anchor.ts";
import type { Host } from "../lab/host.ts";
import { createLab } from "../lab/lab.ts";
import { configPath } from "../lab/pair-a.ts";
import type { Program } from "../lab/program.ts";
import { buildHosts } from "./pair.ts";
import type { Report } from "./report.ts";
import { makeRouters, renderConfig } from "./sides.ts";
import { under } from "./table.ts";

/** A program with a second role and its blocks. */
const main = join(projectRoot, "dist/test/lab/toy-main.js");
const objects = 20_000;
const advertSeconds = 0.1;
const mostRounds = 3;
const limitMillis = 20;
/** SIGRTMAX-1: the counters begin at zero again. */
const clearSignal = 63;
const patienceMillis = 120_000;

/** Measures the worst of some rounds and reports the row. */
export async function measureReload(rounds: number, report: Report): Promise<void> {
  const lab = await createLab({ name: "reload", watchAddresses: false });
  try {
    const { high } = await buildHosts(lab, 1);
    const lateness: number[] = [];
    high.write(configPath, render(4));
    const daemon = high.spawn([process.execPath, main, "-n", "-l", "-f", configPath]);
    await daemon.waitForLine(/Entering MASTER STATE/, patienceMillis);
    for (let round = 0; round < Math.min(rounds, mostRounds); round++) {
      report.progress(`reload of ${objects} objects of another role: round ${round + 1}`);
      high.write(configPath, render(5 + round));
      await signal(daemon, clearSignal, /keepalived\.stats/);
      await signal(daemon, "SIGHUP", /Reload complete/);
      await signal(daemon, "SIGUSR1", /keepalived\.data/);
      lateness.push(worstLateness(high));
    }
    await daemon.stop();
    report.row({
      part: "reload",
      label: `loop's worst lateness, reload of ${objects} objects of another role`,
      unit: "ms",
      holdfast: Math.max(...lateness),
      keepalived: undefined,
      digits: 1,
      target: under(limitMillis, `< ${limitMillis} ms`),
      samples: { holdfast: lateness, keepalived: [] },
    });
  } finally {
    await lab.close();
  }
}

/** One virtual router, and objects of the other role that all differ from those of another `size`. */
function render(size: number): string {
  const node = { name: "high", priority: 200, advertSeconds, routers: makeRouters(1) };
  const toys = Array.from(
    { length: objects },
    (_, index) => `toy t${index} {\n    size ${size}\n}\n`,
  );
  return renderConfig(node) + toys.join("");
}

async function signal(
  daemon: Program,
  name: NodeJS.Signals | number,
  pattern: RegExp,
): Promise<void> {
  const from = daemon.lines.length;
  daemon.signal(name);
  await daemon.waitForLine(pattern, patienceMillis, from);
}

/** Milliseconds, since the counters were cleared. */
function worstLateness(host: Host): number {
  const found = /Worst lateness = ([\d.]+) sec/.exec(host.read("/tmp/keepalived.data"));
  if (found === null) throw new Error("the dump has no lateness");
  return 1_000 * Number(found[1]);
}
