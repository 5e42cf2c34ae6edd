// Exponential backoff for retries.

export interface Backoff {
  /** The delay before the next retry, in the unit of the limits. */
  next(): number;
  /** Starts again with the first delay, after a success. */
  reset(): void;
}

/** Delays start at `first` and double up to `last`. */
export function createBackoff(first: number, last: number): Backoff {
  let delay = first;
  return {
    next: () => {
      const current = delay;
      delay = Math.min(2 * delay, last);
      return current;
    },
    reset: () => {
      delay = first;
    },
  };
}
