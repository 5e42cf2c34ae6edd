// vrrp_startup_delay: until it ends, adverts are ignored and no instance takes over.

import type { Micros } from "../lib/micros.ts";
import type { Instance } from "./router/instance.ts";
import type { Step } from "./step.ts";

/** The delay runs at most once. A node that resumes has none. */
export class StartupDelay {
  #endsAt: Micros | undefined;

  /** Begins a delay until `endsAt`. */
  begin(endsAt: Micros): void {
    this.#endsAt = endsAt;
  }

  /** When it ends; infinity if none runs. */
  deadline(): Micros {
    return this.#endsAt ?? Number.POSITIVE_INFINITY;
  }

  /** Ends it if it is due. */
  onDeadline(step: Step): void {
    if (step.now < this.deadline()) return;
    this.#endsAt = undefined;
    step.log("info", "Delayed start completed");
  }

  /** A reload removed the delay: the waits of `instances` start now instead of at its end. */
  cancel(step: Step, instances: readonly Instance[]): void {
    const endsAt = this.#endsAt;
    if (endsAt === undefined) return;
    for (const { state } of instances) {
      if (state.kind === "backup") state.activeDownAt -= endsAt - step.now;
    }
    this.#endsAt = step.now;
    this.onDeadline(step);
  }
}
