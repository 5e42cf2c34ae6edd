// Whether the machine let this process run when it wanted to: evidence for a test that real time decides.

import { processorMicros } from "./processor-time.ts";

/** What a meter saw. */
export interface HoldUp {
  /** The longest time in one piece in which this process waited for a processor or a disk; milliseconds. */
  readonly longestMillis: number;
  /** All of it, as a share of the time that was measured. */
  readonly share: number;
}

const BEAT_MILLIS = 10;
/** Less is what timers are late by on a machine that has nothing to do. */
const ORDINARY_MILLIS = 5;
/** From here on a lease or a hand-over may have come too late. */
const LONG_MILLIS = 100;
const LARGE_SHARE = 0.1;

/** How long a beat was held up: what it lasted too long, without the time that this process computed itself. */
export function heldUpMillis(lastedMillis: number, computedMillis: number): number {
  const late = lastedMillis - BEAT_MILLIS - computedMillis;
  return late > ORDINARY_MILLIS ? late : 0;
}

/** Whether what depends on time can have failed by that. */
export function isMuch({ longestMillis, share }: HoldUp): boolean {
  return longestMillis >= LONG_MILLIS || share >= LARGE_SHARE;
}

/** Measures until the function that it gives is called. The processes of a test wait as this one does. */
export function measureHoldUp(): () => HoldUp {
  const begin = performance.now();
  let last = begin;
  let usage = processorMicros();
  let longestMillis = 0;
  let sum = 0;
  const look = (): void => {
    const now = performance.now();
    const computed = (processorMicros() - usage) / 1000;
    const millis = heldUpMillis(now - last, computed);
    longestMillis = Math.max(longestMillis, millis);
    sum += millis;
    last = now;
    usage = processorMicros();
  };
  const timer = setInterval(look, BEAT_MILLIS);
  return () => {
    clearInterval(timer);
    look();
    return { longestMillis, share: sum / (last - begin) };
  };
}
