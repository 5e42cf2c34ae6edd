// The soak itself: random faults from a seed, one after the other, and what must be true after each.

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
  /** At least this many faults, however long they take. Default 1. */
  readonly leastFaults?: number;
  /** Default: the strict ones. */
  readonly limits?: SoakLimits;
  readonly print: (line: string) => void;
  /** Told at once, so that a signal can close it. */
  readonly takeLab?: (lab: Lab) => void;
}

export interface SoakReport {
  readonly played: readonly Played[];
  readonly handOvers: number;
  readonly longestHandOverMillis: number;
  readonly longestWatched: readonly Usage[];
}

/** Processes live on through this share of a long run, so that it is seen whether they grow. */
const GENTLE_SHARE = 0.4;
/** Shorter runs have better things to do. */
const SHORTEST_WITH_GENTLE_SECONDS = 120;

/** Soaks a pair. Throws an Error with the seed, the history and both logs at the first thing that is wrong. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { seed, seconds, daemons, leastFaults = 1, limits = STRICT_LIMITS, print } = options;
  const begin = wallMillis();
  const history: string[] = [];
  const tell = (line: string): void => {
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
    await stage.judge();
    tell(`${daemons.join(" and ")} have elected`);
    for (let step = 0; ; step++) {
      const elapsed = (wallMillis() - begin) / 1000;
      if (elapsed > seconds && step >= leastFaults) break;
      const isGentle = seconds >= SHORTEST_WITH_GENTLE_SECONDS && elapsed < seconds * GENTLE_SHARE;
      const faults = FAULTS.filter((fault) => fault.isGentle || !isGentle);
      played.push(await playRound(stage, faults, { seed, step, tell }));
    }
    await stage.end();
    tell("both have stopped in good order");
    const { handOvers, longestHandOverMillis, usage } = stage;
    return { played, handOvers, longestHandOverMillis, longestWatched: usage.longest(4) };
  } catch (error) {
    throw new Error(describeFailure(error as Error, seed, history, stage));
  } finally {
    await lab?.close();
  }
}

/** Says what a soak came to, in lines. */
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
      return `  ${String(times.length).padStart(4)}  ${fault}, well again after ${longest} s at most`;
    }),
    `held by both: at ${handOvers} hand-overs for ${longestHandOverMillis.toFixed(1)} ms at most; else only where nodes did not hear`,
    "each other, and on what a dead or frozen keepalived leaves behind",
    ...longestWatched.map(({ process, samples }) => {
      const first = samples[0];
      const last = samples.at(-1);
      const third = Math.max(1, Math.floor(samples.length / 3));
      const before = medianResident(samples.slice(0, third));
      const after = medianResident(samples.slice(-third));
      const descriptors = `${first?.descriptors} → ${last?.descriptors} descriptors`;
      return `${process}, ${samples.length} looks: ${before} → ${after} KiB, ${descriptors}`;
    }),
  ];
}
