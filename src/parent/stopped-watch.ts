// Detects a child that a signal stopped (SIGSTOP). The kernel reports that at once, long before a heartbeat is missed.

import type { Micros } from "../lib/micros.ts";
import type { Cancel, Timers } from "./ports.ts";

export interface StoppedWatchOptions {
  readonly timers: Timers;
  /** How long the child may stay stopped. */
  readonly limitMicros: Micros;
  /** Whether the child is stopped now. */
  readonly isStopped: () => boolean;
  readonly onStopped: () => void;
}

/** Watches one child. A watcher that was itself delayed waits for the whole limit again: both may have been suspended. */
export class StoppedWatch {
  readonly #options: StoppedWatchOptions;
  #cancel: Cancel | undefined;

  constructor(options: StoppedWatchOptions) {
    this.#options = options;
    this.look();
  }

  /** Call it when the kernel reports a change of some child (SIGCHLD). */
  look(): void {
    if (this.#cancel === undefined && this.#options.isStopped()) this.#wait();
  }

  end(): void {
    this.#cancel?.();
  }

  #wait(): void {
    const { timers, limitMicros, isStopped, onStopped } = this.#options;
    const since = timers.now();
    this.#cancel = timers.after(limitMicros, () => {
      this.#cancel = undefined;
      if (!isStopped()) return;
      if (timers.now() - since > 1.5 * limitMicros) this.#wait();
      else onStopped();
    });
  }
}
