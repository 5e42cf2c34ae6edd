// Tests of several processes in real time. If a test fails and the machine was held up meanwhile, it is retried a few
// times with a diagnostic.

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
/** The longest wait for the machine to become calm before another try. */
const LONGEST_REST_MILLIS = 5_000;
const CALM_MILLIS = 500;

/** As `test` of node:test, but retried if it fails on a machine that was held up. */
export function test(name: string, body: (t: TimedTest) => Promise<void>): void {
  void nodeTest(name, async (context) => {
    await tryWhileHeldUp(name, body, (text) => context.diagnostic(text));
  });
}

export { test as it };

/** Runs `body` until it passes, fails without a hold-up, or has failed six times. */
export async function tryWhileHeldUp(
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
      if (!isMuch(heldUp) || tries === MOST_TRIES) throw error;
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
