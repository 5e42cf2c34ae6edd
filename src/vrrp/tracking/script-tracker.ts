// One tracked script: when it runs, what its results come to, and what it means when no result comes.

import type { ScriptConfig } from "../../config/config.ts";
import { unreachable } from "../../lib/assert.ts";
import { formatSeconds, type Micros, SECOND } from "../../lib/micros.ts";
import { LONGEST_KILL_MICROS, type ScriptOutcome } from "../../lib/script.ts";
import type { Turn } from "../turn.ts";

/** What is known of a tracked object: unknown until the first result. */
export type Health = "unknown" | "up" | "down";

/** How a run ended, or that nobody told it in time. */
type Result = ScriptOutcome | { readonly kind: "unanswered" };

interface Run {
  /** When it was ordered: tells it from every other run, also of processes before this one. */
  readonly id: Micros;
  readonly limitMicros: Micros;
  /** Without an answer until then it is given up. */
  answerBy: Micros;
  isGivenUp: boolean;
}

/** A run that could not be started for want of resources is tried again so much later, or at the next interval. */
const SHORTAGE_RETRY_MICROS: Micros = SECOND;
/** A shortage that comes and goes is logged no more often than this. */
const SHORTAGE_LOG_MICROS: Micros = 60 * SECOND;

/** What the parent may take beside the script's own time, however busy the machine is. */
const ANSWER_GRACE_MICROS: Micros = SECOND;

/** How long a run of `script` may take until it is told to end: its timeout or, without one, its interval. */
export function scriptTimeout(script: ScriptConfig): Micros {
  return script.timeoutMicros === 0 ? script.intervalMicros : script.timeoutMicros;
}

/**
 * Orders the runs of one script and takes their results. A run whose result does not come at all was ordered from a
 * parent that stands still: it counts as failed, and so does each one that would have been due until the parent
 * answers. Its late answer is no result, it only lets the next run begin.
 */
export class ScriptTracker {
  config: ScriptConfig;
  #health: Health;
  #hasResult = false;
  /** Results in a row that contradict `#health`. */
  #contrary = 0;
  #lastStatus = 0;
  /** The run that was ordered and not answered yet: never more than one, so that none pile up. */
  #run: Run | undefined;
  /** Since when no run could be started for want of resources. */
  #shortSince: Micros | undefined;
  #shortageLoggedAt: Micros = Number.NEGATIVE_INFINITY;
  #lastRunId: Micros = Number.NEGATIVE_INFINITY;
  #nextRunAt: Micros;

  /** How long runs that cannot be started for want of resources are no results. */
  shortageLimitMicros: Micros = Number.POSITIVE_INFINITY;

  /** The first run is due at `startAt`. `resumes`: another process knew its result. */
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

  /** Starts the run that is due, or gives up one that nobody answers; whether the health changed. */
  onDeadline(turn: Turn): boolean {
    const isDue = this.#nextRunAt <= turn.now;
    if (isDue) {
      const next = this.#nextRunAt + this.config.intervalMicros;
      this.#nextRunAt = next > turn.now ? next : turn.now + this.config.intervalMicros;
    }
    const run = this.#run;
    if (run === undefined) {
      if (isDue) this.#order(turn);
      return false;
    }
    if (run.isGivenUp) return isDue && this.#take(turn, { kind: "unanswered" });
    const { name } = this.config;
    if (run.answerBy <= turn.now) {
      run.isGivenUp = true;
      turn.log(
        "error",
        `Track script ${name}: the parent process does not answer, the run that was ordered ` +
          `${formatSeconds(run.limitMicros)} s ago counts as failed`,
      );
      return this.#take(turn, { kind: "unanswered" });
    }
    if (isDue) {
      const isOverdue = turn.now - run.id > scriptTimeout(this.config);
      const what = isOverdue ? "being timed out" : "already running";
      turn.log("info", `Track script ${name} is ${what}, expect idle - skipping run`);
    }
    return false;
  }

  /** This process was held up for `lateMicros`, and its parent perhaps as well: the answer gets that time. */
  onPause(now: Micros, lateMicros: Micros): void {
    const run = this.#run;
    if (run === undefined) return;
    run.answerBy = Math.max(run.answerBy + lateMicros, now + LONGEST_KILL_MICROS);
  }

  /**
   * A new configuration of the same name. The result stays, unless it was another script's: then this one runs at
   * once and its first result counts. Until then the former one's health stands, since dropping it could move
   * mastership there and back; with `init_fail` it counts as failed, as at its start.
   */
  reconfigure(turn: Turn, config: ScriptConfig): void {
    const isSame = isSameScript(this.config, config);
    this.config = config;
    if (!isSame) {
      if (config.initFail) this.#health = "down";
      this.#hasResult = false;
      this.#contrary = 0;
      this.#lastStatus = 0;
      this.#run = undefined;
      this.#shortSince = undefined;
      this.#nextRunAt = turn.now;
      return;
    }
    this.#nextRunAt = Math.min(this.#nextRunAt, turn.now + config.intervalMicros);
    if (!this.#hasResult) return;
    const word = this.#health === "up" ? "successful" : "unsuccessful";
    turn.log("info", `VRRP_Script(${config.name}) considered ${word} on reload`);
  }

  /**
   * Takes the end of the run `id`; whether the health changed. What is not the run that is waited for is of a script
   * of this name that was removed meanwhile, or was ordered by the process before.
   */
  onEnded(turn: Turn, id: Micros, outcome: ScriptOutcome): boolean {
    const run = this.#run;
    if (run?.id !== id) return false;
    this.#run = undefined;
    if (!run.isGivenUp) {
      if (outcome.kind === "shortage") return this.#takeShortage(turn, outcome);
      this.#endShortage(turn);
      return this.#take(turn, outcome);
    }
    turn.log("info", `Track script ${this.config.name}: the parent process answers again`);
    this.#nextRunAt = turn.now;
    return false;
  }

  /** What this machine cannot start says nothing about what the script checks, for a long time. */
  #takeShortage(turn: Turn, outcome: ScriptOutcome & { readonly kind: "shortage" }): boolean {
    const { name } = this.config;
    this.#nextRunAt = Math.min(this.#nextRunAt, turn.now + SHORTAGE_RETRY_MICROS);
    const since = this.#shortSince ?? turn.now;
    if (this.#shortSince === undefined) {
      this.#shortSince = turn.now;
      if (turn.now - this.#shortageLoggedAt >= SHORTAGE_LOG_MICROS) {
        this.#shortageLoggedAt = turn.now;
        const limit = formatSeconds(this.shortageLimitMicros);
        turn.log(
          "warning",
          `Track script ${name} could not be started: ${outcome.reason}. Trying again; ` +
            `its last result stands for ${limit} s`,
        );
      }
    }
    return turn.now - since >= this.shortageLimitMicros && this.#take(turn, outcome);
  }

  #endShortage(turn: Turn): void {
    if (this.#shortSince === this.#shortageLoggedAt) {
      turn.log("info", `Track script ${this.config.name} could be started again`);
    }
    this.#shortSince = undefined;
  }

  #order(turn: Turn): void {
    const limitMicros = scriptTimeout(this.config) + LONGEST_KILL_MICROS + ANSWER_GRACE_MICROS;
    // A reload may replace a run that was ordered in this very turn.
    this.#lastRunId = Math.max(turn.now, this.#lastRunId + 1);
    this.#run = {
      id: this.#lastRunId,
      limitMicros,
      answerBy: turn.now + limitMicros,
      isGivenUp: false,
    };
    turn.runScript(this.config.name, this.#lastRunId);
  }

  /** Takes one result. The first acts at once, later ones after `rise` or `fall`. */
  #take(turn: Turn, result: Result): boolean {
    const { name, rise, fall } = this.config;
    if (result.kind === "exited" && result.status !== this.#lastStatus) {
      this.#lastStatus = result.status;
      turn.log("info", `Script \`${name}\` now returning ${result.status}`);
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
    turn.log("info", `VRRP_Script(${name}) ${resultText(result)}`);
    return true;
  }
}

/** Whether both check the same thing in the same way: a result of one is a result of the other. */
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
