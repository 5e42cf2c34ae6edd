// Tests of several processes in real time. A test that fails is retried a few times, with a diagnostic, if the machine was
// held up meanwhile, or if the scheduler let the wrong process run first.

import { test as nodeTest } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type HoldUp, isMuch, measureHoldUp } from "./hold-up.ts";

/** The context of a test. */
export interface TimedTest {
  /** Runs `body` at the end of this try, in reverse order of registration. */
  after(body: () => void | Promise<void>): void;
  diagnostic(text: string): void;
}

const MOST_TRIES = 6;
/** The test's own commands outran the daemon under test: this try proves nothing, and another one is needed. */
export class LostRace extends Error {}

/** The longest wait for the machine to become calm before another try. */
const LONGEST_REST_MILLIS = 5_000;
const CALM_MILLIS = 500;

/** As `test` of node:test, but retried if it fails on a machine that was held up, or throws a `LostRace`. */
export function test(name: string, body: (t: TimedTest) => Promise<void>): void {
  void nodeTest(name, async (context) => {
    await tryRepeatedly(name, body, (text) => context.diagnostic(text));
  });
}

export { test as it };

/** Runs `body` until it passes, fails for a reason other than a hold-up or a lost race, or has failed six times. */
export async function tryRepeatedly(
  name: string,
  body: (t: TimedTest) => Promise<void>,
  diagnostic: (text: string) => void,
  measure: () => () => HoldUp = measureHoldUp,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const stop = measure();
    try {
      await tryOnce(body, diagnostic);
      stop();
      return;
    } catch (error) {
      const heldUp = stop();
      const mayRetry = error instanceof LostRace || isMuch(heldUp);
      if (!mayRetry || tries === MOST_TRIES) throw error;
      // On one line, for the summary.
      const failure = String(error).replace(/\s+/g, " ").slice(0, 500);
      const why = `the machine ${describeHoldUp(heldUp)}, and try ${tries} failed: ${failure}`;
      diagnostic(`tried again: ${name}: ${why}`);
    }
    await rest(measure);
  }
}

function describeHoldUp({ longestMillis, share }: HoldUp): string {
  const percent = (share * 100).toFixed(0);
  return `held this up for ${longestMillis.toFixed(0)} ms in one piece and ${percent} % of the time`;
}

async function tryOnce(
  body: (t: TimedTest) => Promise<void>,
  diagnostic: (text: string) => void,
): Promise<void> {
  const endings: (() => void | Promise<void>)[] = [];
  try {
    await body({ diagnostic, after: (ending) => void endings.push(ending) });
  } finally {
    for (const ending of endings.reverse()) await ending();
  }
}

async function rest(measure: () => () => HoldUp): Promise<void> {
  const end = performance.now() + LONGEST_REST_MILLIS;
  for (let isCalm = false; !isCalm && performance.now() < end; ) {
    const stop = measure();
    await sleep(CALM_MILLIS);
    isCalm = !isMuch(stop());
  }
}
