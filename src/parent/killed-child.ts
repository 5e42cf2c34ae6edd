// A child that was sent SIGKILL and whose end has not been reported: one that a cgroup freezer or a tracer holds, or
// that waits in the kernel, can stay for hours, and so do its addresses.

import type { Micros } from "../lib/micros.ts";
import { MILLISECOND, timerMillis } from "../lib/micros.ts";

/** How long to wait for the end once nothing of the child can be resumed. */
const GRACE_MICROS: Micros = 500 * MILLISECOND;

export interface KilledChildOptions<Instance> {
  /** Its instances; until when each can still be resumed, undefined: not at all. */
  readonly resumableUntil: ReadonlyMap<Instance, Micros | undefined>;
  readonly now: () => Micros;
  /** These can no longer be resumed: clean up behind them. First called before the constructor returns. */
  readonly onLost: (instances: readonly Instance[]) => void;
  /** The end does not come: do not wait for it any more. Called once, as the last. */
  readonly onAbandoned: () => void;
}

/** Waits for the end of one killed child, which `end` reports. */
export class KilledChild<Instance> {
  readonly #options: KilledChildOptions<Instance>;
  readonly #resumable: Map<Instance, Micros | undefined>;
  readonly #lost: Instance[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KilledChildOptions<Instance>) {
    this.#options = options;
    this.#resumable = new Map(options.resumableUntil);
    this.#look(options.now());
  }

  /** What has been cleaned up behind it so far. */
  get lost(): readonly Instance[] {
    return this.#lost;
  }

  /** Nothing will be resumed any more. */
  loseAll(): void {
    clearTimeout(this.#timer);
    this.#look(Number.POSITIVE_INFINITY);
  }

  /** The child has ended. */
  end(): void {
    clearTimeout(this.#timer);
  }

  #look(now: Micros): void {
    const due = [...this.#resumable].filter(([, until]) => until === undefined || until <= now);
    for (const [instance] of due) {
      this.#resumable.delete(instance);
      this.#lost.push(instance);
    }
    if (due.length > 0) this.#options.onLost(due.map(([instance]) => instance));
    if (this.#resumable.size === 0) {
      this.#timer = setTimeout(this.#options.onAbandoned, timerMillis(GRACE_MICROS));
      return;
    }
    const next = Math.min(...[...this.#resumable.values()].map((until) => until ?? now));
    this.#timer = setTimeout(() => this.#look(this.#options.now()), timerMillis(next - now));
  }
}
