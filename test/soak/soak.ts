// Runs a soak: injects seeded random faults one after the other and checks the pair after each.

import { wallMillis } from "../../lab/clock.ts";
import type { Lab } from "../../lab/lab.ts";
import { describeFailure } from "./evidence.ts";
import { FAULTS } from "./faults.ts";
import type { DaemonName } from "./node.ts";
import { type Played, playRound } from "./round.ts";
import { type SoakLimits, STRICT_LIMITS, Stage } from "./stage.ts";
import { medianResident, type Usage } from "./usage.ts";

export interface SoakOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly daemons: readonly [DaemonName, DaemonName];
  /** Minimum number of faults, even if they take longer than `seconds`. Default 1. */
  readonly leastFaults?: number;
  /** Default `STRICT_LIMITS`. */
  readonly limits?: SoakLimits;
  readonly print: (line: string) => void;
  /** Receives the lab as soon as it exists, so that a signal can close it. */
  readonly takeLab?: (lab: Lab) => void;
}

export interface SoakReport {
  readonly played: readonly Played[];
  readonly handOvers: number;
  readonly longestHandOverMillis: number;
  readonly longestWatched: readonly Usage[];
}

/** For this share of a long run no process is killed, so that growth shows. */
const GENTLE_SHARE = 0.4;
/** Shorter runs have no gentle part. */
const SHORTEST_WITH_GENTLE_SECONDS = 120;

/** Soaks a pair. Throws an Error with the seed, the history and both logs at the first failed check. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seed, seconds, daemons, leastFaults = 1, limits = STRICT_LIMITS, print } = options;
  const begin = wallMillis();
  const history: string[] = [];
  const progress = (line: string): void => {
    const text = `${((wallMillis() - begin) / 1000).toFixed(1).padStart(7)} s  ${line}`;
    history.push(text);
    print(text);
  };
  const played: Played[] = [];
  let lab: Lab | undefined;
  let stage: Stage | undefined;
  try {
    stage = await Stage.open(daemons, limits, (made) => {
      lab = made;
      options.takeLab?.(made);
    });
    await stage.settle();
    await stage.check();
    progress(`${daemons.join(" and ")} have settled`);
    for (let step = 0; ; step++) {
      const elapsed = (wallMillis() - begin) / 1000;
      if (elapsed > seconds && step >= leastFaults) break;
      const isGentle = seconds >= SHORTEST_WITH_GENTLE_SECONDS && elapsed < seconds * GENTLE_SHARE;
      const faults = FAULTS.filter((fault) => fault.isGentle || !isGentle);
      played.push(await playRound(stage, faults, { seed, step, progress }));
    }
    await stage.stop();
    progress("both have stopped");
    const { handOvers, longestHandOverMillis, usage } = stage;
    return { played, handOvers, longestHandOverMillis, longestWatched: usage.longest(4) };
  } catch (error) {
    throw new Error(describeFailure(error as Error, seed, history, stage));
  } finally {
    await lab?.close();
  }
}

/** Renders the result of a soak as lines. */
export function renderReport(report: SoakReport): string[] {
  const { played, handOvers, longestHandOverMillis, longestWatched } = report;
  const byFault = new Map<string, number[]>();
  for (const { fault, millis } of played) {
    byFault.set(fault, [...(byFault.get(fault) ?? []), millis]);
  }
  const seconds = (millis: number): string => (millis / 1000).toFixed(1);
  return [
    `${played.length} faults, each survived:`,
    ...[...byFault].map(([fault, times]) => {
      const longest = seconds(Math.max(...times));
      return `  ${String(times.length).padStart(4)}  ${fault}, settled after ${longest} s at most`;
    }),
    `held by both: at ${handOvers} handovers for ${longestHandOverMillis.toFixed(1)} ms at most; otherwise only while`,
    "adverts were dropped, and the addresses that a dead or frozen keepalived leaves behind",
    ...longestWatched.map(({ process, samples }) => {
      const first = samples[0];
      const last = samples.at(-1);
      const third = Math.max(1, Math.floor(samples.length / 3));
      const before = medianResident(samples.slice(0, third));
      const after = medianResident(samples.slice(-third));
      const descriptors = `${first?.descriptors} → ${last?.descriptors} descriptors`;
      return `${process}, ${samples.length} samples: ${before} → ${after} KiB, ${descriptors}`;
    }),
  ];
}
