// One clock for everything the lab records, so that lines, packets and addresses of all hosts compare.

/** Wall-clock milliseconds since 1970 with a fraction, as `ip -ts` and tcpdump stamp their lines. */
export function wallMillis(): number {
  return performance.timeOrigin + performance.now();
}

/** Resolves after `millis`. */
export function sleep(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

/**
 * How long a wait lasts that only something broken lets end in vain: long enough for a machine that is slow, busy or
 * held up for seconds. Who waits goes on as soon as it can, so it costs nothing.
 */
export const patienceMillis: number = 60_000;

/**
 * Polls `probe` every `everyMillis` until it gives something other than undefined.
 * Throws an Error that names `what` when `timeoutMillis` have passed.
 */
export async function until<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  timeoutMillis: number = patienceMillis,
  everyMillis = 10,
): Promise<T> {
  const end = wallMillis() + timeoutMillis;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (wallMillis() > end) throw new Error(`waited ${timeoutMillis} ms in vain for ${what}`);
    await sleep(everyMillis);
  }
}
