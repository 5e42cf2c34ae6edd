// Measures the cost of tracked scripts: processor time per run, of the daemon and of all processes it starts.

import { sleep } from "../lab/clock.ts";
import type { Host } from "../lab/host.ts";
import { createLab } from "../lab/lab.ts";
import { buildHosts } from "./pair.ts";
import type { Report } from "./report.ts";
import { measureRounds, type Rounds, roundsRow } from "./rounds.ts";
import {
  makeRouters,
  type Node,
  renderConfig,
  type Side,
  startDaemon,
  writeConfig,
} from "./sides.ts";
import { noMoreThanKeepalived, type Row } from "./table.ts";
import { cpuTimeOf } from "./usage.ts";

const rates = [100, 400] as const;
const warmUpMillis = 6_000;
const windowMillis = 8_000;
const mostRounds = 3;
/** A check may cost this much more than keepalived's, as a share. */
const allowance = 0.3;

const scriptPath = "/etc/keepalived/check.sh";
/** Each run appends one octet, without starting another process. */
const countPath = "/run/checks";
const scriptText = `#!/bin/sh\necho >> ${countPath}\n`;

/** The result of one round on one side. */
interface Round {
  readonly millisPerRun: number;
  readonly runsPerSecond: number;
}

/** Measures both sides in alternating rounds at each rate and reports the rows. */
export async function measureChecks(rounds: number, report: Report): Promise<void> {
  const lab = await createLab({ name: "checks", watchAddresses: false });
  try {
    const { high } = await buildHosts(lab, 1);
    high.write(scriptPath, scriptText, 0o755);
    for (const rate of rates) {
      writeConfig(high, renderChecks(rate));
      const count = Math.min(rounds, mostRounds);
      const label = `checks, ${rate} a second`;
      const done = await measureRounds(label, count, report, (side) => runRound(high, side));
      for (const row of checkRows(rate, done)) report.row(row);
    }
  } finally {
    await lab.close();
  }
}

/** Renders one virtual router that tracks `rate` scripts, each run once a second. */
function renderChecks(rate: number): string {
  const names = Array.from({ length: rate }, (_, index) => `chk${index}`);
  const scripts = names.map(
    (name) => `vrrp_script ${name} {
    script "${scriptPath}"
    interval 1
    user root
}
`,
  );
  const node = { name: "high", priority: 200, advertSeconds: 1, routers: makeRouters(1) };
  const tracked = `    track_script {\n${names.map((name) => `        ${name} weight 1\n`).join("")}    }\n`;
  return scripts.join("") + renderConfig(node).replace(/\}\n$/, `${tracked}}\n`);
}

async function runRound(host: Host, side: Side): Promise<Round> {
  const node = startDaemon(host, side);
  try {
    await sleep(warmUpMillis);
    const before = usageOf(host, node);
    const from = performance.now();
    await sleep(windowMillis);
    const after = usageOf(host, node);
    const seconds = (performance.now() - from) / 1_000;
    const runs = after.runs - before.runs;
    if (runs === 0) throw new Error(`no script ran:\n${node.log.tail(5)}`);
    return { millisPerRun: (after.millis - before.millis) / runs, runsPerSecond: runs / seconds };
  } finally {
    if (node.program.exit === undefined) await node.program.stop(3_000);
    await node.program.killAll();
    node.log.close();
  }
}

function usageOf(
  host: Host,
  { program }: Node,
): { readonly runs: number; readonly millis: number } {
  const { userMillis, systemMillis } = cpuTimeOf(program.processes(), { withReaped: true });
  return { runs: host.read(countPath).length, millis: userMillis + systemMillis };
}

function checkRows(rate: number, rounds: Rounds<Round>): Row[] {
  const row = (
    label: string,
    unit: string,
    digits: number,
    pick: (round: Round) => number,
    target: Row["target"],
  ): Row =>
    roundsRow(rounds, pick, {
      part: "checks",
      label: `${rate} checks a second: ${label}`,
      unit,
      digits,
      target,
    });
  return [
    row(
      "CPU of a run, all processes",
      "ms",
      2,
      ({ millisPerRun }) => millisPerRun,
      noMoreThanKeepalived("1.3 times keepalived's", allowance, 0),
    ),
    row("runs", "/s", 0, ({ runsPerSecond }) => runsPerSecond, undefined),
  ];
}
