// Many seeds in a row.

import { SECOND } from "../../src/lib/micros.ts";
import { describe, simulateSeed } from "./simulate.ts";

export interface SeedsOutcome {
  readonly failed: number;
  /** The first three failures in full. */
  readonly text: string;
  readonly takeoversChecked: number;
  readonly simulatedSeconds: number;
  /** Changes to or from Active on all hosts. */
  readonly transitions: number;
}

const MOST_TOLD = 3;

/** Runs `count` seeds from `first` on. */
export function runSeeds(first: number, count: number): SeedsOutcome {
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
      if (texts.length < MOST_TOLD) texts.push(describe(outcome));
    } catch (error) {
      failed++;
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (texts.length < MOST_TOLD) texts.push(`seed ${seed}: ${text}`);
    }
  }
  const simulatedSeconds = simulated / SECOND;
  return { failed, text: texts.join("\n\n"), takeoversChecked, simulatedSeconds, transitions };
}

/** Runs `count` seeds from `first` on and writes what came of it; whether all rules held. */
export function simulateAndReport(
  first: number,
  count: number,
  write: (text: string) => void,
): boolean {
  write(`simulating ${count} seeds from ${first}\n`);
  const start = performance.now();
  const { failed, text, takeoversChecked, simulatedSeconds } = runSeeds(first, count);
  const seconds = (performance.now() - start) / 1000;
  const hours = Math.round(simulatedSeconds / 3600);
  write(
    `${count - failed} of ${count} seeds passed, ${Math.round(count / seconds)} a second: ` +
      `${hours} hours lived through, ${takeoversChecked} takeovers from a silent peer\n`,
  );
  if (failed > 0) write(`${text}\n`);
  return failed === 0;
}
