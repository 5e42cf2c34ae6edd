// The deadlines of a node's virtual routers and scripts, and the adverts that share a step.

import { assert } from "../lib/assert.ts";
import { DeadlineHeap } from "../lib/deadline-heap.ts";
import type { Micros } from "../lib/micros.ts";
import { Instance } from "./router/instance.ts";
import { advertiseEarly, deadlineOf, onDeadline, shareableFrom } from "./router/state-machine.ts";
import type { Step } from "./step.ts";
import type { ScriptTracker } from "./tracking/script-tracker.ts";

/**
 * The maximum work per step. The turn of the loop must be short, since late actions are skipped, and each turn begins with
 * reading the sockets, so that no router takes over although another router's advert is queued.
 */
const MOST_DUE_IN_A_STEP = 256;

export class Schedule {
  readonly #due = new DeadlineHeap<Instance | ScriptTracker>();
  /** Active instances by the time from which their next advert may share another's step. */
  readonly #shareable = new DeadlineHeap<Instance>();

  /** The earliest deadline, or undefined. */
  next(): Micros | undefined {
    return this.#due.next();
  }

  /** Updates the next deadline of `one` and returns it. */
  rearm(one: Instance | ScriptTracker): Micros | undefined {
    const next = one instanceof Instance ? deadlineOf(one) : one.deadline();
    this.#due.set(one, next);
    if (one instanceof Instance) this.#shareable.set(one, shareableFrom(one));
    return next;
  }

  /** Removes a script that is no longer tracked. */
  remove(script: ScriptTracker): void {
    this.#due.set(script, undefined);
  }

  /** Handles due deadlines. `onHealth`: called if the health of a script has changed. */
  run(step: Step, onHealth: (script: ScriptTracker) => void): void {
    let left = MOST_DUE_IN_A_STEP;
    for (; left > 0; left--) {
      const one = this.#due.popDue(step.now);
      if (one === undefined) break;
      if (one instanceof Instance) onDeadline(step, one);
      else if (one.onDeadline(step)) onHealth(one);
      const next = this.rearm(one);
      assert(next === undefined || next > step.now, "the next deadline is in the future");
    }
    if (step.advertCount > 0) this.#shareStep(step, left);
  }

  /** Sends adverts that are due within their slack together with those of this step. */
  #shareStep(step: Step, most: number): void {
    for (let left = most; left > 0; left--) {
      const instance = this.#shareable.popDue(step.now);
      if (instance === undefined) return;
      advertiseEarly(step, instance);
      this.rearm(instance);
    }
  }
}
