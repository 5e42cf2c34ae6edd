// Detects a frozen child: stopped by a signal, or without a heartbeat.

import type { Micros } from "../lib/micros.ts";
import type { FreezeLimits } from "../process/role.ts";
import { Watchdog } from "../process/watchdog.ts";
import type { Cancel, Timers } from "./ports.ts";
import { StoppedWatch } from "./stopped-watch.ts";

export interface FreezeWatchOptions {
  readonly timers: Timers;
  readonly limits: FreezeLimits;
  /** Whether a signal has stopped the child. */
  readonly isStopped: () => boolean;
  /** When its loop last ran. */
  readonly heartbeatAt: () => Micros;
  /** The child is frozen; `how` is for the log. May be called more than once. */
  readonly onFrozen: (how: "is stopped" | "does not answer") => void;
}

/** Watches one child from `begin` to `end`. */
export class FreezeWatch {
  readonly #options: FreezeWatchOptions;
  #stoppedWatch: StoppedWatch | undefined;
  #cancel: Cancel | undefined;

  constructor(options: FreezeWatchOptions) {
    this.#options = options;
  }

  begin(): void {
    const { timers, limits, isStopped, onFrozen } = this.#options;
    this.#stoppedWatch = new StoppedWatch({
      timers,
      limitMicros: limits.stoppedMicros,
      isStopped,
      onStopped: () => onFrozen("is stopped"),
    });
    this.#lookAtHeartbeat(new Watchdog(limits.peersWaitMicros, timers.now()));
  }

  /** Call it when the kernel reports a change of some child (SIGCHLD). */
  look(): void {
    this.#stoppedWatch?.look();
  }

  end(): void {
    this.#stoppedWatch?.end();
    this.#cancel?.();
  }

  #lookAtHeartbeat(watchdog: Watchdog): void {
    const { timers, heartbeatAt, onFrozen } = this.#options;
    const wait = watchdog.look(timers.now(), heartbeatAt());
    if (wait === undefined) onFrozen("does not answer");
    else this.#cancel = timers.after(wait, () => this.#lookAtHeartbeat(watchdog));
  }
}
