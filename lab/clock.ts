// The lab's clock and waits. Everything it records uses this clock, so lines, packets and address changes of all
// hosts can be compared.

/** Wall-clock milliseconds since 1970 with a fraction: the clock of `ip -ts` and tcpdump. */
export function wallMillis(): number {
  return performance.timeOrigin + performance.now();
}

/** Resolves after `millis`. */
export function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

/**
 * Timeout for waits that fail only if something is broken. Long enough for a machine that is slow or stalls for
 * seconds; it costs nothing, because a wait ends as soon as its condition holds.
 */
export const longTimeoutMillis: number = 60_000;

/**
 * Polls `probe` every `everyMillis` until it returns a value other than undefined, and returns that value.
 * Throws an Error that names `what` after `timeoutMillis`.
 */
export async function until<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  timeoutMillis: number = longTimeoutMillis,
  everyMillis = 10,
): Promise<T> {
  const end = wallMillis() + timeoutMillis;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (wallMillis() > end) throw new Error(`timed out after ${timeoutMillis} ms: ${what}`);
    await sleep(everyMillis);
  }
}
