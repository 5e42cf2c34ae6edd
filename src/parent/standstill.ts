// Finds a child that a signal stopped (SIGSTOP): the kernel reports that at once, long before a heartbeat is missed.

import type { Micros } from "../lib/micros.ts";
import type { Cancel, Timers } from "./ports.ts";

export interface StandstillOptions {
  readonly timers: Timers;
  readonly limitMicros: Micros;
  /** Whether the child is stopped at this moment. */
  readonly isStopped: () => boolean;
  readonly onStandstill: () => void;
}

/** Watches one child. A watcher that was itself held up waits the whole time again, since both may have slept. */
export class Standstill {
  readonly #options: StandstillOptions;
  #cancel: Cancel | undefined;

  constructor(options: StandstillOptions) {
    this.#options = options;
    this.look();
  }

  /** To be called when the kernel reports that some child changed (SIGCHLD). */
  look(): void {
    if (this.#cancel === undefined && this.#options.isStopped()) this.#wait();
  }

  end(): void {
    this.#cancel?.();
  }

  #wait(): void {
    const { timers, limitMicros, isStopped, onStandstill } = this.#options;
    const since = timers.now();
    this.#cancel = timers.after(limitMicros, () => {
      this.#cancel = undefined;
      if (!isStopped()) return;
      if (timers.now() - since > 1.5 * limitMicros) this.#wait();
      else onStandstill();
    });
  }
}
