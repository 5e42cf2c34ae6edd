// What 250 virtual routers at 100 ms cost each node: processor time and memory.

import { sleep } from "../lab/clock.ts";
import { createLab } from "../lab/lab.ts";
import { listProcesses, type ProcessInfo } from "../lab/processes.ts";
import { buildHosts, configurePair, type Pair, startPair, stopPair, waitSettled } from "./pair.ts";
import type { Report } from "./report.ts";
import { routersPerInterface, type Side, sides } from "./sides.ts";
import { median } from "./statistics.ts";
import { atMost, noMoreThanKeepalived, type Row } from "./table.ts";
import { type CpuTime, cpuShare, cpuTimeOf, privateDirtyMebibytes } from "./usage.ts";

const advertSeconds = 0.1;
const windowMillis = 10_000;
/**
 * What follows a start once is not steady load: the second burst of gratuitous ARPs after 5 s, and V8's one look over
 * the whole heap about 10 s after its processes have become idle.
 */
const warmUpMillis = 14_000;
/** Rounds of a window each: processor time hardly differs between rounds. */
const mostRounds = 3;
const memoryLimitMebibytes = 38;

const roles = ["master", "backup"] as const;
type Role = (typeof roles)[number];

interface Load {
  readonly user: number;
  readonly system: number;
  readonly both: number;
  readonly memoryMebibytes: number;
}

interface Round extends Readonly<Record<Role, Load>> {
  /** Packets' work that the kernel's own threads did, for everybody on the machine. */
  readonly softirq: number;
}

type Rounds = { readonly [side in Side]: readonly Round[] };

/** What `measureLoad` reports. */
export interface LoadParts {
  readonly cpu: boolean;
  readonly memory: boolean;
}

/** Measures both sides in alternating rounds and reports the rows that are wanted. */
export async function measureLoad(
  rounds: number,
  wanted: LoadParts,
  report: Report,
): Promise<void> {
  // Nobody looks at addresses here, and the record of them would cost time of its own.
  const lab = await createLab({ name: "load", watchAddresses: false });
  const done: { readonly [side in Side]: Round[] } = { holdfast: [], keepalived: [] };
  try {
    const hosts = await buildHosts(lab, 1);
    const pair = configurePair(hosts, { routers: routersPerInterface, advertSeconds });
    const count = wanted.cpu ? Math.min(rounds, mostRounds) : 1;
    for (let round = 1; round <= count; round += 1) {
      for (const side of sides) {
        report.progress(`load: round ${round} of ${count}, ${side}`);
        try {
          done[side].push(await runRound(pair, side));
        } catch (error) {
          report.note(`load, round ${round}, ${side}: ${(error as Error).message}`);
        }
      }
    }
  } finally {
    await lab.close();
  }
  if (wanted.cpu) {
    for (const role of roles) for (const row of cpuRows(done, role)) report.row(row);
    report.row(softirqRow(done));
  }
  if (wanted.memory) for (const role of roles) report.row(memoryRow(done, role));
}

async function runRound(pair: Pair, side: Side): Promise<Round> {
  const running = await startPair(pair, side);
  try {
    await waitSettled(running, 20_000);
    await sleep(warmUpMillis);
    const processes = {
      master: running.nodeHigh.program.processes(),
      backup: running.nodeLow.program.processes(),
      softirq: listProcesses().filter(isSoftirqThread),
    };
    const before = timesOf(processes);
    const from = performance.now();
    await sleep(windowMillis);
    const after = timesOf(processes);
    const passed = performance.now() - from;
    // A settled pair stays settled: else something else was measured.
    await waitSettled(running, 1_000);
    const loadOf = (role: Role): Load => ({
      ...cpuShare(before[role], after[role], passed),
      memoryMebibytes: privateDirtyMebibytes(processes[role]),
    });
    return {
      master: loadOf("master"),
      backup: loadOf("backup"),
      softirq: cpuShare(before.softirq, after.softirq, passed).both,
    };
  } finally {
    await stopPair(running);
  }
}

/** The kernel's threads for packets that come faster than they are worked off in passing. */
function isSoftirqThread({ comm }: ProcessInfo): boolean {
  return comm.startsWith("ksoftirqd/");
}

type Measured = Readonly<Record<Role | "softirq", readonly ProcessInfo[]>>;

function timesOf(processes: Measured): Readonly<Record<Role | "softirq", CpuTime>> {
  return {
    master: cpuTimeOf(processes.master),
    backup: cpuTimeOf(processes.backup),
    softirq: cpuTimeOf(processes.softirq),
  };
}

function cpuRows(rounds: Rounds, role: Role): Row[] {
  const row = (label: string, pick: (load: Load) => number, target: Row["target"]): Row => {
    const samples = {
      holdfast: rounds.holdfast.map((round) => 100 * pick(round[role])),
      keepalived: rounds.keepalived.map((round) => 100 * pick(round[role])),
    };
    return {
      part: "cpu",
      label: `250 at 100 ms, ${role}: ${label}`,
      unit: "%",
      digits: 2,
      holdfast: median(samples.holdfast),
      keepalived: median(samples.keepalived),
      target,
      samples,
    };
  };
  return [
    row("CPU, user", (load) => load.user, undefined),
    row("CPU, system", (load) => load.system, undefined),
    row("CPU, together", (load) => load.both, noMoreThanKeepalived("keepalived's", 0, 0)),
  ];
}

function softirqRow(rounds: Rounds): Row {
  const samples = {
    holdfast: rounds.holdfast.map((round) => 100 * round.softirq),
    keepalived: rounds.keepalived.map((round) => 100 * round.softirq),
  };
  return {
    part: "cpu",
    label: "250 at 100 ms, the kernel's softirq threads (whole machine)",
    unit: "%",
    digits: 2,
    holdfast: median(samples.holdfast),
    keepalived: median(samples.keepalived),
    target: undefined,
    samples,
  };
}

function memoryRow(rounds: Rounds, role: Role): Row {
  const samples = {
    holdfast: rounds.holdfast.map((round) => round[role].memoryMebibytes),
    keepalived: rounds.keepalived.map((round) => round[role].memoryMebibytes),
  };
  return {
    part: "memory",
    label: `250 at 100 ms, ${role}: private dirty memory`,
    unit: "MiB",
    digits: 1,
    holdfast: median(samples.holdfast),
    keepalived: median(samples.keepalived),
    target: atMost(memoryLimitMebibytes, `${memoryLimitMebibytes} MiB`),
    samples,
  };
}
