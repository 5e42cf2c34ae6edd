// Runs many seeds, in as many threads as the machine has processors.

import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { SECOND } from "../../src/lib/micros.ts";
import type { Plan } from "./plan.ts";
import type { Sabotage } from "./sabotage.ts";
import { describe, simulate, simulateSeed } from "./simulate.ts";
import type { Violation } from "./violation.ts";

export interface SeedsOutcome {
  readonly failed: number;
  /** The first failures in full. */
  readonly texts: readonly string[];
  readonly takeoversChecked: number;
  readonly simulatedSeconds: number;
  /** Changes to or from Active on all hosts. */
  readonly transitions: number;
}

/** Seeds that follow each other, as passed to a thread. */
export interface SeedRange {
  readonly first: number;
  readonly count: number;
}

const MOST_SHOWN = 3;

/** True if one of the plans of seeds 1 to `count` violates `rule`; runs none after that. */
export function isViolated(
  rule: Violation["rule"],
  count: number,
  plan: (seed: number) => Plan,
  sabotage?: Sabotage,
): boolean {
  for (let seed = 1; seed <= count; seed++) {
    const { violations } = simulate(plan(seed), sabotage);
    if (violations.some((violation) => violation.rule === rule)) return true;
  }
  return false;
}

/** Runs the seeds of `range` in this thread. */
export function runRange({ first, count }: SeedRange): SeedsOutcome {
  const texts: string[] = [];
  let failed = 0;
  let takeoversChecked = 0;
  let simulated = 0;
  let transitions = 0;
  for (let index = 0; index < count; index++) {
    const seed = (first + index) >>> 0;
    try {
      const outcome = simulateSeed(seed);
      takeoversChecked += outcome.takeoversChecked;
      simulated += outcome.elapsed;
      transitions += outcome.transitions;
      if (outcome.violations.length === 0) continue;
      failed++;
      if (texts.length < MOST_SHOWN) texts.push(describe(outcome));
    } catch (error) {
      failed++;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (texts.length < MOST_SHOWN) texts.push(`seed ${seed}: ${text}`);
    }
  }
  return { failed, texts, takeoversChecked, simulatedSeconds: simulated / SECOND, transitions };
}

/** Runs `count` seeds from `first` on. */
export async function runSeeds(first: number, count: number): Promise<SeedsOutcome> {
  const threads = Math.min(availableParallelism(), count);
  const share = Math.ceil(count / threads);
  const ranges: SeedRange[] = [];
  for (let done = 0; done < count; done += share) {
    ranges.push({ first: first + done, count: Math.min(share, count - done) });
  }
  const outcomes = await Promise.all(ranges.map(runInThread));
  const sum = (of: (outcome: SeedsOutcome) => number): number =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0);
  return {
    failed: sum(({ failed }) => failed),
    texts: outcomes.flatMap(({ texts }) => texts).slice(0, MOST_SHOWN),
    takeoversChecked: sum(({ takeoversChecked }) => takeoversChecked),
    simulatedSeconds: sum(({ simulatedSeconds }) => simulatedSeconds),
    transitions: sum(({ transitions }) => transitions),
  };
}

async function runInThread(range: SeedRange): Promise<SeedsOutcome> {
  const worker = new Worker(new URL("seeds-thread.js", import.meta.url), { workerData: range });
  const [outcome] = (await once(worker, "message")) as [SeedsOutcome];
  return outcome;
}

/** Runs `count` seeds from `first` on and writes the result; true if no rule was violated. */
export async function simulateAndReport(
  first: number,
  count: number,
  write: (text: string) => void,
): Promise<boolean> {
  write(`simulating ${count} seeds from ${first}\n`);
  const start = performance.now();
  const { failed, texts, takeoversChecked, simulatedSeconds } = await runSeeds(first, count);
  const seconds = (performance.now() - start) / 1000;
  const hours = Math.round(simulatedSeconds / 3600);
  write(
    `${count - failed} of ${count} seeds passed, ${Math.round(count / seconds)} a second: ` +
      `${hours} simulated hours, ${takeoversChecked} takeovers from a silent peer\n`,
  );
  if (failed > 0) write(`${texts.join("\n\n")}\n`);
  return failed === 0;
}
