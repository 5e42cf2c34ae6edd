// Measures for how long the machine did not let this process run, for tests that depend on real time.

import { processorMicros } from "./processor-time.ts";

/** The result of a measurement. */
export interface HoldUp {
  /** The longest single wait for a processor or a disk; milliseconds. */
  readonly longestMillis: number;
  /** All waits, as a share of the measured time. */
  readonly share: number;
}

const BEAT_MILLIS = 10;
/** Timers are late by less than this on an idle machine. */
const ORDINARY_MILLIS = 5;
/** From this length on a lease or a handover may have been too late. */
const LONG_MILLIS = 100;
const LARGE_SHARE = 0.1;

/** How long a beat was held up: its excess over the expected time, without the process's own computing time. */
export function heldUpMillis(lastedMillis: number, computedMillis: number): number {
  const late = lastedMillis - BEAT_MILLIS - computedMillis;
  return late > ORDINARY_MILLIS ? late : 0;
}

/** Whether this is enough to make a time-dependent test fail. */
export function isMuch({ longestMillis, share }: HoldUp): boolean {
  return longestMillis >= LONG_MILLIS || share >= LARGE_SHARE;
}

/** Measures until the returned function is called. Assumes that a test's other processes wait as this one does. */
export function measureHoldUp(): () => HoldUp {
  const begin = performance.now();
  let last = begin;
  let usage = processorMicros();
  let longestMillis = 0;
  let sum = 0;
  const sample = (): void => {
    const now = performance.now();
    const computed = (processorMicros() - usage) / 1000;
    const millis = heldUpMillis(now - last, computed);
    longestMillis = Math.max(longestMillis, millis);
    sum += millis;
    last = now;
    usage = processorMicros();
  };
  const timer = setInterval(sample, BEAT_MILLIS);
  return () => {
    clearInterval(timer);
    sample();
    return { longestMillis, share: sum / (last - begin) };
  };
}
