// Measures the processor time and memory of each node with 250 virtual routers at 100 ms.

import { sleep } from "../lab/clock.ts";
import { createLab } from "../lab/lab.ts";
import { listProcesses, type ProcessInfo } from "../lab/processes.ts";
import { buildHosts, configurePair, type Pair, startPair, stopPair, waitSettled } from "./pair.ts";
import type { Report } from "./report.ts";
import { measureRounds, type Rounds, roundsRow } from "./rounds.ts";
import { routersPerInterface, type Side } from "./sides.ts";
import { atMost, noMoreThanKeepalived, type Row } from "./table.ts";
import { type CpuTime, cpuShare, cpuTimeOf, privateDirtyMebibytes } from "./usage.ts";

const advertSeconds = 0.1;
const windowMillis = 10_000;
/**
 * What follows a start once is not steady load: the second burst of gratuitous ARPs after 5 s, and V8's one look over
 * the whole heap about 10 s after its processes have become idle.
 */
const warmUpMillis = 14_000;
/** Maximum number of rounds: processor time hardly differs between them. */
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
  /** Packet processing by the kernel's threads, for the whole machine. */
  readonly softirq: number;
}

/** The rows that `measureLoad` reports. */
export interface LoadParts {
  readonly cpu: boolean;
  readonly memory: boolean;
}

/** Measures both sides in alternating rounds and reports the wanted rows. */
export async function measureLoad(
  rounds: number,
  wanted: LoadParts,
  report: Report,
): Promise<void> {
  // No address watch: it is not needed and would use processor time.
  const lab = await createLab({ name: "load", watchAddresses: false });
  let done: Rounds<Round>;
  try {
    const hosts = await buildHosts(lab, 1);
    const pair = configurePair(hosts, { routers: routersPerInterface, advertSeconds });
    const count = wanted.cpu ? Math.min(rounds, mostRounds) : 1;
    done = await measureRounds("load", count, report, (side) => runRound(pair, side));
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
    // Check that the pair was settled throughout.
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

/** The kernel's threads that process packets under load. */
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

function cpuRows(rounds: Rounds<Round>, role: Role): Row[] {
  const row = (label: string, shareOf: (load: Load) => number, target: Row["target"]): Row =>
    roundsRow(rounds, (round) => 100 * shareOf(round[role]), {
      part: "cpu",
      label: `250 at 100 ms, ${role}: ${label}`,
      unit: "%",
      digits: 2,
      target,
    });
  return [
    row("CPU, user", (load) => load.user, undefined),
    row("CPU, system", (load) => load.system, undefined),
    row("CPU, together", (load) => load.both, noMoreThanKeepalived("keepalived's", 0, 0)),
  ];
}

function softirqRow(rounds: Rounds<Round>): Row {
  return roundsRow(rounds, ({ softirq }) => 100 * softirq, {
    part: "cpu",
    label: "250 at 100 ms, the kernel's softirq threads (whole machine)",
    unit: "%",
    digits: 2,
    target: undefined,
  });
}

function memoryRow(rounds: Rounds<Round>, role: Role): Row {
  return roundsRow(rounds, (round) => round[role].memoryMebibytes, {
    part: "memory",
    label: `250 at 100 ms, ${role}: private dirty memory`,
    unit: "MiB",
    digits: 1,
    target: atMost(memoryLimitMebibytes, `${memoryLimitMebibytes} MiB`),
  });
}
