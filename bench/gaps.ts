// Measures outages for a client when the active node fails, and whether both nodes ever hold an address.

import { overlaps } from "../lab/address-watch.ts";
import { startTcpdump } from "../lab/capture.ts";
import { sleep, until, wallMillis } from "../lab/clock.ts";
import { type GapClient, startEcho, startGapClient } from "../lab/gap-client.ts";
import type { Host } from "../lab/host.ts";
import { createLab, type Lab } from "../lab/lab.ts";
import { send } from "../lab/processes.ts";
import type { Program } from "../lab/program.ts";
import {
  buildHosts,
  configurePair,
  type PairHosts,
  type RunningPair,
  restartHigh,
  startPair,
  stopPair,
  waitSettled,
} from "./pair.ts";
import type { Report } from "./report.ts";
import { measureRounds, type Rounds, roundsRow } from "./rounds.ts";
import type { Side } from "./sides.ts";
import { median, worst } from "./statistics.ts";
import { atMost, noMoreThanKeepalived, type Row, under } from "./table.ts";

type Fault = "stop" | "cable" | "crash" | "freeze" | "childCrash";

interface Scenario {
  readonly fault: Fault;
  readonly label: string;
  readonly advertSeconds: number;
  readonly rounds: number;
  /** Number of faults on the same daemons in one round. */
  readonly repeats: number;
}

/** The effect of one fault. */
interface Loss {
  /** Total time without answers after the fault. */
  readonly gapMillis: number;
  /** The longest time in which both nodes held an address. */
  readonly heldByBothMillis: number;
}

interface Stage {
  readonly lab: Lab;
  readonly hosts: PairHosts;
  readonly client: Host;
  readonly adverts: Program;
}

const routers = 3;
const addressesEach = 2;

/** Maximum number of rounds of the faults whose worst round counts. */
const roundsOfInvariants = 3;

function scenarios(rounds: number): Scenario[] {
  const few = Math.min(rounds, roundsOfInvariants);
  return [
    { fault: "stop", label: "stop, 1 s adverts", advertSeconds: 1, rounds, repeats: 1 },
    { fault: "stop", label: "stop, 10 ms adverts", advertSeconds: 0.01, rounds, repeats: 3 },
    { fault: "cable", label: "cable pull, 1 s adverts", advertSeconds: 1, rounds, repeats: 1 },
    { fault: "cable", label: "cable pull, 10 ms adverts", advertSeconds: 0.01, rounds, repeats: 5 },
    { fault: "crash", label: "crash, 1 s adverts", advertSeconds: 1, rounds: few, repeats: 1 },
    { fault: "freeze", label: "freeze, 1 s adverts", advertSeconds: 1, rounds: few, repeats: 1 },
    {
      fault: "childCrash",
      label: "crash of the child, 1 s adverts",
      advertSeconds: 1,
      rounds: few,
      repeats: 1,
    },
    {
      fault: "childCrash",
      label: "crash of the child, 100 ms adverts",
      advertSeconds: 0.1,
      rounds: few,
      repeats: 1,
    },
  ];
}

/** Measures every scenario, alternating between the sides. */
export async function measureGaps(rounds: number, report: Report): Promise<void> {
  const lab = await createLab({ name: "gaps" });
  try {
    const client = await lab.addHost("client");
    const hosts = await buildHosts(lab, 1, client);
    for (const host of [hosts.high, hosts.low]) await startEcho(host);
    const adverts = await startTcpdump(client, {
      interface: "eth0",
      filter: "ip proto 112 and src 10.100.0.1",
      words: ["--immediate-mode"],
    });
    const stage = { lab, hosts, client, adverts };
    for (const scenario of scenarios(rounds)) await measureScenario(stage, scenario, report);
  } finally {
    await lab.close();
  }
}

async function measureScenario(stage: Stage, scenario: Scenario, report: Report): Promise<void> {
  const { label, rounds } = scenario;
  const done = await measureRounds(label, rounds, report, (side) =>
    runRound(stage, scenario, side),
  );
  // With a failed round the result must not pass.
  const losses = {
    holdfast: done.holdfast.length === rounds ? done.holdfast.flat() : [],
    keepalived: done.keepalived.flat(),
  };
  for (const row of rowsOf(stage, scenario, losses)) report.row(row);
}

function rowsOf(stage: Stage, scenario: Scenario, losses: Rounds<Loss>): Row[] {
  const { fault, label, advertSeconds } = scenario;
  const pair = configurePair(stage.hosts, { routers, addressesEach, advertSeconds });
  const isCompared = fault === "stop" || fault === "cable";
  const gap = roundsRow(
    losses,
    ({ gapMillis }) => gapMillis,
    {
      part: "gaps",
      label: `${label}: ${isCompared ? "median" : "worst"} gap`,
      unit: "ms",
      digits: advertSeconds < 1 ? 1 : 0,
      target: isCompared
        ? noMoreThanKeepalived("keepalived's + 5 % or 3 ms", 0.05, 3)
        : gapLimit(fault, advertSeconds, pair.downIntervalMillis),
    },
    isCompared ? median : worst,
  );
  if (fault !== "crash" && fault !== "freeze") return [gap];
  const overlap = roundsRow(
    losses,
    ({ heldByBothMillis }) => heldByBothMillis,
    {
      part: "gaps",
      label: `${label}: address on both nodes`,
      unit: "ms",
      digits: 1,
      target: atMost(0, "never"),
    },
    worst,
  );
  return [gap, overlap];
}

function gapLimit(fault: Fault, advertSeconds: number, downIntervalMillis: number): Row["target"] {
  if (fault !== "childCrash") {
    return atMost(downIntervalMillis, `down interval, ${downIntervalMillis.toFixed(0)} ms`);
  }
  return advertSeconds >= 1 ? under(100, "under 100 ms") : undefined;
}

async function runRound(stage: Stage, scenario: Scenario, side: Side): Promise<Loss[]> {
  const { advertSeconds, repeats } = scenario;
  const pair = configurePair(stage.hosts, { routers, addressesEach, advertSeconds });
  const seen = stage.lab.addressChanges.length;
  const running = await startPair(pair, side);
  const measured = pair.routers[0]?.addresses[0] ?? "";
  const gapClient = await startGapClient(stage.client, {
    address: measured,
    intervalMillis: advertSeconds < 1 ? 1 : 5,
  });
  const losses: Loss[] = [];
  try {
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      await waitSettled(running, 15_000);
      await gapClient.waitForAnswer(running.high, 5_000);
      losses.push(await provoke(stage, scenario, running, gapClient, seen));
      if (repeat < repeats) await recover(scenario.fault, running);
    }
  } finally {
    await running.high.plugCable();
    running.nodeHigh.program.thaw();
    await gapClient.stop();
    await stopPair(running);
  }
  return losses;
}

async function recover(fault: Fault, running: RunningPair): Promise<void> {
  if (fault === "cable") await running.high.plugCable();
  if (fault === "stop") {
    await running.nodeHigh.program.ended;
    restartHigh(running);
  }
}

async function provoke(
  stage: Stage,
  scenario: Scenario,
  running: RunningPair,
  gapClient: GapClient,
  seen: number,
): Promise<Loss> {
  const { low, advertMillis, downIntervalMillis } = running;
  // Inject the fault just after an advert, so that the backup's wait is always the longest.
  const line = stage.adverts.lines.length;
  await stage.adverts.waitForLine(/vrid 1,/, 2_000 + 3 * advertMillis, line);
  const gapsBefore = gapClient.gaps.length;
  const at = await strike(scenario.fault, running);
  if (scenario.fault === "childCrash") {
    // Long enough for a takeover by the backup and its end, neither of which may happen.
    await sleep(2 * downIntervalMillis + 1_000);
    await until("an answer", () => gapClient.answeredBy(), 10_000);
  } else {
    await gapClient.waitForAnswer(low, 10_000 + downIntervalMillis);
    // Wait for a late end of the lease, which would show as an overlap.
    await sleep(scenario.fault === "crash" || scenario.fault === "freeze" ? 1_500 : 100);
  }
  // A probe counts as lost after 50 ms.
  await sleep(100);
  const gaps = gapClient.gaps.slice(gapsBefore).filter((gap) => gap.to > at);
  return {
    gapMillis: gaps.reduce((sum, gap) => sum + gap.millis, 0),
    heldByBothMillis: longestOverlap(stage.lab, running, seen),
  };
}

async function strike(fault: Fault, running: RunningPair): Promise<number> {
  const { program } = running.nodeHigh;
  const at = wallMillis();
  switch (fault) {
    case "stop":
      program.signal("SIGTERM");
      return at;
    case "cable":
      await running.high.pullCable();
      return at;
    case "crash":
      return await program.killAll();
    case "freeze":
      return await program.freeze();
    case "childCrash": {
      const child = program.processes().find((process) => process.parentPid === program.pid);
      if (child === undefined) throw new Error(`${running.side} has no child`);
      send(child.pid, "SIGKILL");
      return at;
    }
    default:
      return fault satisfies never;
  }
}

/** The longest overlap of this round in milliseconds; infinite if one has not ended. */
function longestOverlap(lab: Lab, running: RunningPair, seen: number): number {
  const changes = lab.addressChanges.slice(seen);
  const spans = running.routers
    .flatMap((router) => router.addresses)
    .flatMap((address) => overlaps(changes, address))
    .map(({ from, to }) => (to ?? Number.POSITIVE_INFINITY) - from);
  return Math.max(0, ...spans);
}
