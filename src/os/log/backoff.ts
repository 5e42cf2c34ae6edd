// Waits that double while nothing comes of a try.

export interface Backoff {
  /** How long to wait before the next try, in the unit of the limits. */
  next(): number;
  /** Something came of it: the next wait is the first one again. */
  reset(): void;
}

/** From `first`, each twice the one before, up to `last`. */
export function createBackoff(first: number, last: number): Backoff {
  let wait = first;
  return {
    next: () => {
      const now = wait;
      wait = Math.min(2 * wait, last);
      return now;
    },
    reset: () => {
      wait = first;
    },
  };
}
