// Watches one child that works: a signal may not keep it stopped, and its heartbeat may not stay away.

import type { Micros } from "../lib/micros.ts";
import type { FreezeLimits } from "../process/role.ts";
import { Watchdog } from "../process/watchdog.ts";
import type { Cancel, Timers } from "./ports.ts";
import { Standstill } from "./standstill.ts";

export interface FreezeWatchOptions {
  readonly timers: Timers;
  readonly limits: FreezeLimits;
  /** Whether the child is stopped at this moment. */
  readonly isStopped: () => boolean;
  /** When its loop last ran. */
  readonly heartbeatAt: () => Micros;
  /** Its loop stands still; `how` it shows, in words for the log. May be called more than once. */
  readonly onFrozen: (how: "is stopped" | "does not answer") => void;
}

/** From `begin` to `end`. */
export class FreezeWatch {
  readonly #options: FreezeWatchOptions;
  #standstill: Standstill | undefined;
  #cancel: Cancel | undefined;

  constructor(options: FreezeWatchOptions) {
    this.#options = options;
  }

  begin(): void {
    const { timers, limits, isStopped, onFrozen } = this.#options;
    this.#standstill = new Standstill({
      timers,
      limitMicros: limits.stoppedMicros,
      isStopped,
      onStandstill: () => onFrozen("is stopped"),
    });
    this.#lookAtHeartbeat(new Watchdog(limits.peersWaitMicros, timers.now()));
  }

  /** The kernel reports that some child changed. */
  look(): void {
    this.#standstill?.look();
  }

  end(): void {
    this.#standstill?.end();
    this.#cancel?.();
  }

  #lookAtHeartbeat(watchdog: Watchdog): void {
    const { timers, heartbeatAt, onFrozen } = this.#options;
    const wait = watchdog.look(timers.now(), heartbeatAt());
    if (wait === undefined) onFrozen("does not answer");
    else this.#cancel = timers.after(wait, () => this.#lookAtHeartbeat(watchdog));
  }
}
