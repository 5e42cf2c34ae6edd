// A child that was sent SIGKILL and has not ended yet. One that is held by a cgroup freezer or a tracer, or that waits in
// the kernel, can stay for hours, with all that it holds.

import { MILLISECOND, type Micros } from "../lib/micros.ts";
import type { Cancel, Timers } from "./ports.ts";

/** How long to wait for the end once nothing can be resumed. */
const GRACE_MICROS: Micros = 500 * MILLISECOND;

export interface KilledChildOptions<Item> {
  readonly timers: Timers;
  /** Until when each item can be resumed; undefined if not at all. */
  readonly resumableUntil: ReadonlyMap<Item, Micros | undefined>;
  /** These items can no longer be resumed: clean up. First called before the constructor returns. */
  readonly onLost: (items: readonly Item[]) => void;
  /** The child does not end: stop waiting for it. Called once, last. */
  readonly onAbandoned: () => void;
}

/** Waits for the end of one killed child. */
export class KilledChild<Item> {
  readonly #options: KilledChildOptions<Item>;
  readonly #resumable: Map<Item, Micros | undefined>;
  readonly #lost: Item[] = [];
  #cancel: Cancel | undefined;

  constructor(options: KilledChildOptions<Item>) {
    this.#options = options;
    this.#resumable = new Map(options.resumableUntil);
    this.#look(options.timers.now());
  }

  /** The items that have been cleaned up so far. */
  get lost(): readonly Item[] {
    return this.#lost;
  }

  /** Nothing will be resumed. */
  loseAll(): void {
    this.#cancel?.();
    this.#look(Number.POSITIVE_INFINITY);
  }

  /** The child has ended. */
  end(): void {
    this.#cancel?.();
  }

  #look(now: Micros): void {
    const { timers, onLost, onAbandoned } = this.#options;
    const due = [...this.#resumable].filter(([, until]) => until === undefined || until <= now);
    for (const [item] of due) {
      this.#resumable.delete(item);
      this.#lost.push(item);
    }
    if (due.length > 0) onLost(due.map(([item]) => item));
    if (this.#resumable.size === 0) {
      this.#cancel = timers.after(GRACE_MICROS, onAbandoned);
      return;
    }
    const next = Math.min(...[...this.#resumable.values()].map((until) => until ?? now));
    this.#cancel = timers.after(next - now, () => this.#look(timers.now()));
  }
}
