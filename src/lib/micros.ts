// Time is whole microseconds in a number: exact up to 285 years.

/** An instant on the process's CLOCK_BOOTTIME, or a span of time, in whole microseconds. */
export type Micros = number;

export const MILLISECOND: Micros = 1_000;
/** The unit of advertisement intervals in VRRP version 3. */
export const CENTISECOND: Micros = 10_000;
export const SECOND: Micros = 1_000_000;

/** Node turns a longer delay into one of 1 ms. */
export const LONGEST_TIMER_MILLIS: number = 2 ** 31 - 1;

/** `micros` as the delay of a JavaScript timer: milliseconds rounded up, at most `LONGEST_TIMER_MILLIS`. */
export function timerMillis(micros: Micros): number {
  return Math.min(Math.max(0, Math.ceil(micros / MILLISECOND)), LONGEST_TIMER_MILLIS);
}

/** `micros` as seconds with six decimals: 1500000 is "1.500000". */
export function secondsText(micros: Micros): string {
  return (micros / SECOND).toFixed(6);
}

/** `micros` as seconds with up to six decimals and no trailing zeros: 1500000 is "1.5". */
export function formatSeconds(micros: Micros): string {
  return String(Number(secondsText(micros)));
}
