// One queue of notify scripts for each instance: what happened first is told first, however slow a script is.

import type { Log } from "../lib/log.ts";
import { formatSeconds, MILLISECOND, type Micros, SECOND, timerMillis } from "../lib/micros.ts";
import { isSuccess, outcomeText } from "../lib/script.ts";
import type { RunningScript, ScriptEnd, ScriptRunner } from "../os/script/child-process.ts";
import type { NotificationPlan, NotifyScript } from "./notifications.ts";

export interface NotificationQueueOptions {
  readonly runner: Pick<ScriptRunner, "startScript">;
  readonly log: Log;
  /** For what only `-D` shows. */
  readonly logDetail: Log;
  /** How many events of one instance may wait. */
  readonly limit?: number;
  /** How many scripts of all instances may run at once; the others wait, for a lost word is worse than a late one. */
  readonly atOnce?: number;
  /** How long the next script waits for one that doesn't end; that one goes on beside it, ten times as long. */
  readonly patienceMicros?: Micros;
  /** How many scripts that are no longer waited for may go on; beyond that the oldest is ended. */
  readonly unattended?: number;
}

export interface NotificationQueue {
  /** Runs the plan's scripts when those of the same instance before it have ended. */
  add(plan: NotificationPlan): void;
  /**
   * Waits until nothing is left to run, `limitMicros` at most, and gives how many scripts were still to run or
   * running then. Superseded events are dropped; half-way, a script that holds up others is terminated.
   */
  drain(limitMicros: Micros): Promise<number>;
  /** How many events wait or run, of all instances. */
  waiting(): number;
}

const DEFAULT_LIMIT = 16;
const DEFAULT_PATIENCE = 60 * SECOND;
/** Together less than a script runner's budget, since those that are being ended count until they are gone. */
const DEFAULT_AT_ONCE = 500;
const DEFAULT_UNATTENDED = 250;
/** A script runs no longer than this many times the patience. */
const LIFE_IN_PATIENCES = 10;
/** How soon a script that could not be started for want of resources is tried again. */
const SHORTAGE_RETRY_MILLIS = 1_000;
/**
 * To start a process takes milliseconds. A chain of ends and starts would keep Node's loop in the handling of one
 * signal until thousands of scripts are done, deaf to other signals and to the death of the vrrp process.
 */
const MOST_STARTS_IN_A_TURN = 8;

interface Line {
  readonly pending: NotificationPlan[];
  /** What is being told now. */
  current:
    | {
        readonly plan: NotificationPlan;
        readonly rest: NotifyScript[];
        running: Pick<RunningScript, "terminate"> | undefined;
      }
    | undefined;
}

/** Makes the queues; an instance's is there from its first event to the end of its last script. */
export function createNotificationQueue(options: NotificationQueueOptions): NotificationQueue {
  const { runner, log, logDetail } = options;
  const limit = options.limit ?? DEFAULT_LIMIT;
  const patienceMicros = options.patienceMicros ?? DEFAULT_PATIENCE;
  const atOnce = options.atOnce ?? DEFAULT_AT_ONCE;
  const mostUnattended = options.unattended ?? DEFAULT_UNATTENDED;
  let running = 0;
  let startsInTurn = 0;
  /** What goes on as soon as some script has ended, or in the loop's next turn. */
  const held: (() => void)[] = [];
  /** Scripts that run but are no longer waited for, oldest first. Calling one ends its script, for the reason given. */
  const unattended = new Set<(reason: string) => void>();
  const lines = new Map<string, Line>();
  const idle = new Set<() => void>();

  const mayStart = (): boolean => running < atOnce && startsInTurn < MOST_STARTS_IN_A_TURN;
  const nextTurn = (): void => {
    startsInTurn = 0;
    while (held.length > 0 && mayStart()) held.shift()?.();
  };

  const advance = (instance: string, line: Line): void => {
    for (;;) {
      if (line.current === undefined) {
        const plan = line.pending.shift();
        if (plan === undefined) break;
        line.current = { plan, rest: [...plan.scripts], running: undefined };
      }
      line.current.running = undefined;
      if (!mayStart() && line.current.rest.length > 0) {
        held.push(() => advance(instance, line));
        return;
      }
      const script = line.current.rest.shift();
      if (script !== undefined) {
        running++;
        if (startsInTurn++ === 0) setImmediate(nextTurn);
        line.current.running = start(line.current.plan, script, () => {
          running--;
          if (mayStart()) held.shift()?.();
          advance(instance, line);
        });
        return;
      }
      line.current = undefined;
    }
    lines.delete(instance);
    if (lines.size > 0) return;
    for (const resolve of [...idle]) resolve();
  };

  /**
   * Runs one script; `onDone` is called once: at its end, or when patience is at its end. One that cannot be started
   * for want of resources is tried again until then.
   */
  const start = (
    plan: NotificationPlan,
    script: NotifyScript,
    onDone: () => void,
  ): Pick<RunningScript, "terminate"> => {
    const title = `(${plan.instance}) ${script.keyword} script ${script.command.text}`;
    const told = `${title} for ${plan.state}`;
    let run: RunningScript;
    let retry: NodeJS.Timeout | undefined;
    let isDone = false;
    const done = (): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      onDone();
    };
    const endUnattended = (reason: string): void => {
      if (!unattended.delete(endUnattended)) return;
      clearTimeout(timer);
      log("warning", `${told} is ended: ${reason}`);
      run.terminate();
    };
    const loseWait = (): void => {
      if (retry !== undefined) {
        clearTimeout(retry);
        log("warning", `${told} is given up: it could not be started`);
        done();
        return;
      }
      log("warning", `${told} still runs after ${formatSeconds(patienceMicros)} s: not waited for`);
      done();
      const lifeMicros = LIFE_IN_PATIENCES * patienceMicros;
      timer = setTimeout(
        () => endUnattended(`it has run for ${formatSeconds(lifeMicros)} s`),
        timerMillis(lifeMicros - patienceMicros),
      ).unref();
      unattended.add(endUnattended);
      const [oldest] = unattended;
      if (unattended.size > mostUnattended) oldest?.("too many scripts do not end");
    };
    let timer = setTimeout(loseWait, timerMillis(patienceMicros)).unref();

    const { extraArguments } = script;
    const attempt = (isFirst: boolean): void => {
      retry = undefined;
      run = runner.startScript(script.command, { timeoutMicros: 0, extraArguments }, (end) => {
        if (end.outcome.kind === "shortage" && !isDone) {
          if (isFirst) log("warning", `${told} ${outcomeText(end.outcome)}. Trying again`);
          retry = setTimeout(attempt, SHORTAGE_RETRY_MILLIS, false).unref();
          return;
        }
        clearTimeout(timer);
        unattended.delete(endUnattended);
        const failed = !isSuccess(end.outcome);
        (failed ? log : logDetail)(failed ? "warning" : "info", `${told} ${describeEnd(end)}`);
        done();
      });
    };
    logDetail("info", `${told}: starting`);
    attempt(true);
    return {
      terminate: () => {
        if (retry === undefined) run.terminate();
        else loseWait();
      },
    };
  };

  const add = (plan: NotificationPlan): void => {
    if (plan.scripts.length === 0) return;
    let line = lines.get(plan.instance);
    if (line === undefined) {
      line = { pending: [], current: undefined };
      lines.set(plan.instance, line);
    }
    line.pending.push(plan);
    if (line.pending.length > limit) {
      const dropped = removeSuperseded(line.pending, 1);
      for (const { state } of dropped) {
        log(
          "warning",
          `(${plan.instance}) notify scripts are too slow: ${state} is not told any more`,
        );
      }
    }
    if (line.current === undefined) advance(plan.instance, line);
  };

  const drain = async (limitMicros: Micros): Promise<number> => {
    for (const [instance, { pending }] of lines) {
      for (const { state } of removeSuperseded(pending, pending.length)) {
        log("info", `(${instance}) stopping: ${state} is not told any more`);
      }
    }
    if (lines.size > 0) {
      const hurry = setTimeout(
        () => {
          for (const [instance, { pending, current }] of lines) {
            if (pending.length === 0 || current?.running === undefined) continue;
            log(
              "warning",
              `(${instance}) the notify script for ${current.plan.state} holds up the next`,
            );
            current.running.terminate();
          }
        },
        timerMillis(limitMicros / 2),
      );
      await new Promise<void>((resolve) => {
        const end = setTimeout(resolve, timerMillis(limitMicros));
        idle.add(() => {
          clearTimeout(end);
          resolve();
        });
      });
      clearTimeout(hurry);
      idle.clear();
    }
    let left = 0;
    for (const { pending, current } of lines.values()) {
      left += (current?.rest.length ?? 0) + (current?.running === undefined ? 0 : 1);
      for (const { scripts } of pending) left += scripts.length;
    }
    return left;
  };

  return {
    add,
    drain,
    waiting: () => {
      let count = 0;
      for (const { pending, current } of lines.values()) {
        count += pending.length + (current === undefined ? 0 : 1);
      }
      return count;
    },
  };
}

/**
 * Takes out of `pending` up to `count` plans, oldest first, that a later one of the same topic supersedes, and gives
 * them. The newest of each topic always stays.
 */
function removeSuperseded(pending: NotificationPlan[], count: number): NotificationPlan[] {
  const removed: NotificationPlan[] = [];
  for (let index = 0; index < pending.length && removed.length < count; ) {
    const plan = pending[index] as NotificationPlan;
    const superseded = pending.some((later, at) => at > index && later.topic === plan.topic);
    if (superseded) removed.push(...pending.splice(index, 1));
    else index++;
  }
  return removed;
}

function describeEnd({ outcome, durationMicros }: ScriptEnd): string {
  const text = outcomeText(outcome);
  if ("reason" in outcome) return text;
  const millis = Math.round(durationMicros / MILLISECOND);
  return `${text} after ${formatSeconds(millis * MILLISECOND)} s`;
}
