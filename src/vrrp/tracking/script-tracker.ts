// A tracked script: schedules its runs and derives its health from results and missing results.

import type { ScriptConfig } from "../../config/vrrp/vrrp-config.ts";
import { unreachable } from "../../lib/assert.ts";
import { formatSeconds, type Micros, SECOND } from "../../lib/micros.ts";
import { LONGEST_KILL_MICROS, type ScriptOutcome } from "../../lib/script.ts";
import type { Step } from "../step.ts";

/** The health of a tracked object: unknown until the first result. */
export type Health = "unknown" | "up" | "down";

/** How a run ended, or that the parent did not answer in time. */
type Result = ScriptOutcome | { readonly kind: "unanswered" };

interface Run {
  /** The time of the order: unique among all runs, including those of earlier processes. */
  readonly id: Micros;
  readonly limitMicros: Micros;
  /** The time until which the parent must answer. */
  answerBy: Micros;
  isGivenUp: boolean;
}

/** The delay before a run that failed for lack of resources is retried, if the next interval is not earlier. */
const SHORTAGE_RETRY_MICROS: Micros = SECOND;
/** The minimum time between log lines about recurring shortages. */
const SHORTAGE_LOG_MICROS: Micros = 60 * SECOND;

/** The time that a busy parent may need in addition to the script's time. */
const ANSWER_GRACE_MICROS: Micros = SECOND;

/** The time after which a run of `script` is terminated: its timeout or, without one, its interval. */
export function scriptTimeout(script: ScriptConfig): Micros {
  return script.timeoutMicros === 0 ? script.intervalMicros : script.timeoutMicros;
}

/**
 * Orders the runs of one script and handles their results. If a result is missing, the parent is frozen: the run counts
 * as failed, and so does each one that is due until the parent answers. The late answer is not a result; it only allows
 * the next run.
 */
export class ScriptTracker {
  config: ScriptConfig;
  #health: Health;
  #hasResult = false;
  /** The number of consecutive results that contradict `#health`. */
  #contrary = 0;
  #lastStatus = 0;
  /** The unanswered run; at most one, so that runs do not pile up. */
  #run: Run | undefined;
  /** Since when runs fail for lack of resources. */
  #shortSince: Micros | undefined;
  #shortageLoggedAt: Micros = Number.NEGATIVE_INFINITY;
  #lastRunId: Micros = Number.NEGATIVE_INFINITY;
  #nextRunAt: Micros;

  /** How long runs that fail for lack of resources are ignored. */
  shortageLimitMicros: Micros = Number.POSITIVE_INFINITY;

  /** The first run is due at `startAt`. `resumes`: an earlier process had a result. */
  constructor(config: ScriptConfig, startAt: Micros, resumes: boolean = false) {
    this.config = config;
    this.#health = config.initFail && !resumes ? "down" : "unknown";
    this.#nextRunAt = startAt;
  }

  get health(): Health {
    return this.#health;
  }

  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  deadline(): Micros {
    if (this.#run === undefined || this.#run.isGivenUp) return this.#nextRunAt;
    return Math.min(this.#nextRunAt, this.#run.answerBy);
  }

  /** Orders a due run, or gives up an unanswered one. Returns whether the health changed. */
  onDeadline(step: Step): boolean {
    const isDue = this.#nextRunAt <= step.now;
    if (isDue) {
      const next = this.#nextRunAt + this.config.intervalMicros;
      this.#nextRunAt = next > step.now ? next : step.now + this.config.intervalMicros;
    }
    const run = this.#run;
    if (run === undefined) {
      if (isDue) this.#order(step);
      return false;
    }
    if (run.isGivenUp) return isDue && this.#take(step, { kind: "unanswered" });
    const { name } = this.config;
    if (run.answerBy <= step.now) {
      run.isGivenUp = true;
      step.log(
        "error",
        `Track script ${name}: the parent process does not answer, the run ordered ` +
          `${formatSeconds(run.limitMicros)} s ago counts as failed`,
      );
      return this.#take(step, { kind: "unanswered" });
    }
    if (isDue) {
      const isOverdue = step.now - run.id > scriptTimeout(this.config);
      const what = isOverdue ? "being timed out" : "already running";
      step.log("info", `Track script ${name} is ${what}, expect idle - skipping run`);
    }
    return false;
  }

  /** This process was delayed by `lateMicros`, and perhaps its parent too: extends the time for the answer. */
  onPause(now: Micros, lateMicros: Micros): void {
    const run = this.#run;
    if (run === undefined) return;
    run.answerBy = Math.max(run.answerBy + lateMicros, now + LONGEST_KILL_MICROS);
  }

  /**
   * Applies a new configuration with the same name. The health stays if the script is the same. Otherwise the script runs
   * at once and its first result counts; until then the old health stays, since dropping it could move mastership back
   * and forth, except that with `init_fail` it is down, as at a start.
   */
  reconfigure(step: Step, config: ScriptConfig): void {
    const isSame = isSameScript(this.config, config);
    this.config = config;
    if (!isSame) {
      if (config.initFail) this.#health = "down";
      this.#hasResult = false;
      this.#contrary = 0;
      this.#lastStatus = 0;
      this.#run = undefined;
      this.#shortSince = undefined;
      this.#nextRunAt = step.now;
      return;
    }
    this.#nextRunAt = Math.min(this.#nextRunAt, step.now + config.intervalMicros);
    if (!this.#hasResult) return;
    const word = this.#health === "up" ? "successful" : "unsuccessful";
    step.log("info", `VRRP_Script(${config.name}) considered ${word} on reload`);
  }

  /**
   * Handles the end of the run `id` and returns whether the health changed. Ignores other runs, which belong to a removed
   * script of this name or to an earlier process.
   */
  onEnded(step: Step, id: Micros, outcome: ScriptOutcome): boolean {
    const run = this.#run;
    if (run?.id !== id) return false;
    this.#run = undefined;
    if (!run.isGivenUp) {
      if (outcome.kind === "shortage") return this.#takeShortage(step, outcome);
      this.#endShortage(step);
      return this.#take(step, outcome);
    }
    step.log("info", `Track script ${this.config.name}: the parent process answers again`);
    this.#nextRunAt = step.now;
    return false;
  }

  /** Ignores a failure for lack of resources until `shortageLimitMicros`. */
  #takeShortage(step: Step, outcome: ScriptOutcome & { readonly kind: "shortage" }): boolean {
    const { name } = this.config;
    this.#nextRunAt = Math.min(this.#nextRunAt, step.now + SHORTAGE_RETRY_MICROS);
    const since = this.#shortSince ?? step.now;
    if (this.#shortSince === undefined) {
      this.#shortSince = step.now;
      if (step.now - this.#shortageLoggedAt >= SHORTAGE_LOG_MICROS) {
        this.#shortageLoggedAt = step.now;
        const limit = formatSeconds(this.shortageLimitMicros);
        step.log(
          "warning",
          `Track script ${name} could not be started: ${outcome.reason}. Retrying; ` +
            `its last result stays valid for ${limit} s`,
        );
      }
    }
    return step.now - since >= this.shortageLimitMicros && this.#take(step, outcome);
  }

  #endShortage(step: Step): void {
    if (this.#shortSince === this.#shortageLoggedAt) {
      step.log("info", `Track script ${this.config.name} could be started again`);
    }
    this.#shortSince = undefined;
  }

  #order(step: Step): void {
    const limitMicros = scriptTimeout(this.config) + LONGEST_KILL_MICROS + ANSWER_GRACE_MICROS;
    // A reload may replace a run that was ordered in the same turn of the loop.
    this.#lastRunId = Math.max(step.now, this.#lastRunId + 1);
    this.#run = {
      id: this.#lastRunId,
      limitMicros,
      answerBy: step.now + limitMicros,
      isGivenUp: false,
    };
    step.runScript(this.config.name, this.#lastRunId);
  }

  /** Handles a result and returns whether the health changed: at once for the first one, later after `rise` or `fall`. */
  #take(step: Step, result: Result): boolean {
    const { name, rise, fall } = this.config;
    if (result.kind === "exited" && result.status !== this.#lastStatus) {
      this.#lastStatus = result.status;
      step.log("info", `Script \`${name}\` now returning ${result.status}`);
    }
    const isGood = result.kind === "exited" && result.status === 0;
    const health = isGood ? "up" : "down";
    const isFirst = !this.#hasResult;
    this.#hasResult = true;
    if (health === this.#health) {
      this.#contrary = 0;
      return false;
    }
    this.#contrary++;
    if (!isFirst && this.#contrary < (isGood ? rise : fall)) return false;
    this.#health = health;
    this.#contrary = 0;
    step.log("info", `VRRP_Script(${name}) ${resultText(result)}`);
    return true;
  }
}

/** True if both run the same command in the same way, so that results of one are valid for the other. */
function isSameScript(before: ScriptConfig, after: ScriptConfig): boolean {
  return identityOf(before) === identityOf(after);
}

function identityOf({ command, timeoutMicros }: ScriptConfig): string {
  const { argv, uid, gid, supplementaryGroups } = command;
  return JSON.stringify([argv, uid, gid, supplementaryGroups, timeoutMicros]);
}

function resultText(result: Result): string {
  switch (result.kind) {
    case "exited":
      return result.status === 0 ? "succeeded" : `failed (exited with status ${result.status})`;
    case "signalled":
      return `failed (due to signal ${result.signal})`;
    case "timedOut":
      return "timed_out";
    case "notStarted":
    case "shortage":
      return `failed (${result.reason})`;
    case "unanswered":
      return "failed (the parent process does not answer)";
    default:
      return unreachable(result);
  }
}
