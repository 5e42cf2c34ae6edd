// The tracked scripts of a node.

import type { VrrpPart } from "../../config/config.ts";
import type { Micros } from "../../lib/micros.ts";
import type { Step } from "../step.ts";
import { ScriptTracker } from "./script-tracker.ts";
import { trackedScripts } from "./tracking.ts";

/** Informed of added, changed and removed trackers. */
export interface ScriptSchedule {
  rearm(script: ScriptTracker): void;
  remove(script: ScriptTracker): void;
}

export class Scripts {
  readonly #trackers = new Map<string, ScriptTracker>();
  readonly #schedule: ScriptSchedule;

  constructor(schedule: ScriptSchedule) {
    this.#schedule = schedule;
  }

  /** By the scripts' names. */
  get trackers(): ReadonlyMap<string, ScriptTracker> {
    return this.#trackers;
  }

  /**
   * Applies the scripts of `config`, keeping results. `isResumed`: this process resumes a killed one, so `init_fail`
   * does not apply.
   */
  configure(step: Step, config: VrrpPart, isResumed: boolean): void {
    const wanted = new Map(trackedScripts(config).map((script) => [script.name, script]));
    for (const [name, tracker] of this.#trackers) {
      if (wanted.has(name)) continue;
      this.#trackers.delete(name);
      this.#schedule.remove(tracker);
    }
    for (const [name, script] of wanted) {
      const known = this.#trackers.get(name);
      const tracker = known ?? new ScriptTracker(script, step.now, isResumed);
      tracker.shortageLimitMicros = config.global.scriptShortageLimitMicros;
      if (known === undefined) this.#trackers.set(name, tracker);
      else known.reconfigure(step, script);
      this.#schedule.rearm(tracker);
    }
  }

  /** The process was delayed by `pause`: extends the time for results. */
  extendAnswerTimes(now: Micros, pause: Micros): void {
    for (const tracker of this.#trackers.values()) {
      tracker.onPause(now, pause);
      this.#schedule.rearm(tracker);
    }
  }
}
