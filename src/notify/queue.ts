// Queues of notify scripts, one per instance: the scripts of an instance run one after the other, in order.

import type { Log } from "../lib/log.ts";
import { formatSeconds, MILLISECOND, type Micros, SECOND, timerMillis } from "../lib/micros.ts";
import { isSuccess, outcomeText } from "../lib/script.ts";
import type { RunningScript, ScriptEnd, ScriptRunner } from "../os/script/child-process.ts";
import type { NotificationPlan, NotifyScript } from "./notifications.ts";

export interface NotificationQueueOptions {
  readonly runner: Pick<ScriptRunner, "startScript">;
  readonly log: Log;
  /** For details that are logged with `-D` only. */
  readonly logDetail: Log;
  /** The maximum number of waiting notifications per instance. */
  readonly maxWaiting?: number;
  /** The maximum number of scripts that run at once, for all instances; further ones wait. */
  readonly maxRunning?: number;
  /** How long the next script waits for a running one, which may then run for ten times as long in the background. */
  readonly patienceMicros?: Micros;
  /** The maximum number of background scripts; beyond that the oldest is terminated. */
  readonly maxBackground?: number;
}

export interface NotificationQueue {
  /** Runs the scripts of the plan after earlier ones of the same instance. */
  add(plan: NotificationPlan): void;
  /**
   * Waits up to `limitMicros` until all scripts have ended. Returns the number of waiting and running scripts. Drops
   * superseded notifications. After half of the time, terminates scripts that delay others.
   */
  drain(limitMicros: Micros): Promise<number>;
  /** The number of notifications of all instances that wait or run. */
  waiting(): number;
}

const DEFAULT_MAX_WAITING = 16;
const DEFAULT_PATIENCE = 60 * SECOND;
/** Their sum is less than the script runner's budget, since terminated scripts count until they have ended. */
const DEFAULT_MAX_RUNNING = 500;
const DEFAULT_MAX_BACKGROUND = 250;
/** The maximum run time of a script, as a multiple of the patience. */
const MAX_RUN_IN_PATIENCES = 10;
/** The delay before a script is started again that failed for lack of resources. */
const SHORTAGE_RETRY_MILLIS = 1_000;
/**
 * Starting a process takes milliseconds. Without a limit, a chain of ends and starts could occupy one turn of Node's
 * loop until thousands of scripts are done, and delay signals and the restart of the vrrp process.
 */
const MAX_STARTS_PER_TURN = 8;

interface InstanceQueue {
  readonly pending: NotificationPlan[];
  /** The notification whose scripts run now. */
  current:
    | {
        readonly plan: NotificationPlan;
        readonly rest: NotifyScript[];
        running: Pick<RunningScript, "terminate"> | undefined;
      }
    | undefined;
}

/** Creates the queues. An instance has one from its first notification to the end of its last script. */
export function createNotificationQueue(options: NotificationQueueOptions): NotificationQueue {
  const { runner, log, logDetail } = options;
  const maxWaiting = options.maxWaiting ?? DEFAULT_MAX_WAITING;
  const patienceMicros = options.patienceMicros ?? DEFAULT_PATIENCE;
  const maxRunning = options.maxRunning ?? DEFAULT_MAX_RUNNING;
  const maxBackground = options.maxBackground ?? DEFAULT_MAX_BACKGROUND;
  let running = 0;
  let startsInTurn = 0;
  /** Queues to continue when a script has ended, or in the next turn of the loop. */
  const deferred: (() => void)[] = [];
  /** Background scripts, oldest first. Calling one terminates its script, for the given reason. */
  const background = new Set<(reason: string) => void>();
  const queues = new Map<string, InstanceQueue>();
  const onIdle = new Set<() => void>();

  const mayStart = (): boolean => running < maxRunning && startsInTurn < MAX_STARTS_PER_TURN;
  const nextTurn = (): void => {
    startsInTurn = 0;
    while (deferred.length > 0 && mayStart()) deferred.shift()?.();
  };

  const advance = (instance: string, queue: InstanceQueue): void => {
    for (;;) {
      if (queue.current === undefined) {
        const plan = queue.pending.shift();
        if (plan === undefined) break;
        queue.current = { plan, rest: [...plan.scripts], running: undefined };
      }
      queue.current.running = undefined;
      if (!mayStart() && queue.current.rest.length > 0) {
        deferred.push(() => advance(instance, queue));
        return;
      }
      const script = queue.current.rest.shift();
      if (script !== undefined) {
        running++;
        if (startsInTurn++ === 0) setImmediate(nextTurn);
        queue.current.running = start(queue.current.plan, script, () => {
          running--;
          if (mayStart()) deferred.shift()?.();
          advance(instance, queue);
        });
        return;
      }
      queue.current = undefined;
    }
    queues.delete(instance);
    if (queues.size > 0) return;
    for (const resolve of [...onIdle]) resolve();
  };

  /**
   * Runs one script and calls `onDone` once: when it has ended or the patience is over. Until then, retries a script that
   * could not be started for lack of resources.
   */
  const start = (
    plan: NotificationPlan,
    script: NotifyScript,
    onDone: () => void,
  ): Pick<RunningScript, "terminate"> => {
    const title = `(${plan.instance}) ${script.keyword} script ${script.command.text} for ${plan.state}`;
    let run: RunningScript;
    let retry: NodeJS.Timeout | undefined;
    let isDone = false;
    const done = (): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      onDone();
    };
    const terminateBackground = (reason: string): void => {
      if (!background.delete(terminateBackground)) return;
      clearTimeout(timer);
      log("warning", `${title} is terminated: ${reason}`);
      run.terminate();
    };
    const stopWaiting = (): void => {
      if (retry !== undefined) {
        clearTimeout(retry);
        log("warning", `${title} is dropped: it could not be started`);
        done();
        return;
      }
      const patience = formatSeconds(patienceMicros);
      log("warning", `${title} still runs after ${patience} s: not waiting for it`);
      done();
      const maxRunMicros = MAX_RUN_IN_PATIENCES * patienceMicros;
      timer = setTimeout(
        () => terminateBackground(`it has run for ${formatSeconds(maxRunMicros)} s`),
        timerMillis(maxRunMicros - patienceMicros),
      ).unref();
      background.add(terminateBackground);
      const [oldest] = background;
      if (background.size > maxBackground) oldest?.("too many scripts do not end");
    };
    let timer = setTimeout(stopWaiting, timerMillis(patienceMicros)).unref();

    const { extraArguments } = script;
    const attempt = (isFirst: boolean): void => {
      retry = undefined;
      run = runner.startScript(script.command, { timeoutMicros: 0, extraArguments }, (end) => {
        if (end.outcome.kind === "shortage" && !isDone) {
          if (isFirst) log("warning", `${title} ${outcomeText(end.outcome)}. Retrying`);
          retry = setTimeout(attempt, SHORTAGE_RETRY_MILLIS, false).unref();
          return;
        }
        clearTimeout(timer);
        background.delete(terminateBackground);
        const text = `${title} ${describeEnd(end)}`;
        if (isSuccess(end.outcome)) logDetail("info", text);
        else log("warning", text);
        done();
      });
    };
    logDetail("info", `${title}: starting`);
    attempt(true);
    return {
      terminate: () => {
        if (retry === undefined) run.terminate();
        else stopWaiting();
      },
    };
  };

  const add = (plan: NotificationPlan): void => {
    if (plan.scripts.length === 0) return;
    let queue = queues.get(plan.instance);
    if (queue === undefined) {
      queue = { pending: [], current: undefined };
      queues.set(plan.instance, queue);
    }
    queue.pending.push(plan);
    if (queue.pending.length > maxWaiting) {
      for (const { state } of removeSuperseded(queue.pending, 1)) {
        log("warning", `(${plan.instance}) notify scripts are too slow: ${state} is dropped`);
      }
    }
    if (queue.current === undefined) advance(plan.instance, queue);
  };

  const drain = async (limitMicros: Micros): Promise<number> => {
    for (const [instance, { pending }] of queues) {
      for (const { state } of removeSuperseded(pending, pending.length)) {
        log("info", `(${instance}) stopping: ${state} is dropped`);
      }
    }
    if (queues.size > 0) {
      const halfTime = setTimeout(
        () => {
          for (const [instance, { pending, current }] of queues) {
            if (pending.length === 0 || current?.running === undefined) continue;
            log(
              "warning",
              `(${instance}) the notify script for ${current.plan.state} delays the next and is terminated`,
            );
            current.running.terminate();
          }
        },
        timerMillis(limitMicros / 2),
      );
      await new Promise<void>((resolve) => {
        const end = setTimeout(resolve, timerMillis(limitMicros));
        onIdle.add(() => {
          clearTimeout(end);
          resolve();
        });
      });
      clearTimeout(halfTime);
      onIdle.clear();
    }
    let unfinished = 0;
    for (const { pending, current } of queues.values()) {
      unfinished += (current?.rest.length ?? 0) + (current?.running === undefined ? 0 : 1);
      for (const { scripts } of pending) unfinished += scripts.length;
    }
    return unfinished;
  };

  return {
    add,
    drain,
    waiting: () => {
      let count = 0;
      for (const { pending, current } of queues.values()) {
        count += pending.length + (current === undefined ? 0 : 1);
      }
      return count;
    },
  };
}

/**
 * Removes up to `count` plans from `pending`, oldest first, that a later one of the same topic supersedes, and returns
 * them. The newest of each topic stays.
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
