// Runs users' scripts: as the user they belong to, in a group of their own, with a time limit that holds.

import { statSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { unreachable } from "../../lib/assert.ts";
import { MILLISECOND, type Micros, timerMillis } from "../../lib/micros.ts";
import { type Command, KILL_AFTER_MICROS, type ScriptOutcome } from "../../lib/script.ts";
import { errnoName, errnoText } from "../ffi/errno.ts";
import { FILE_LIMIT_VARIABLE, notedFileLimit } from "../process/file-limit.ts";
import { planCredentials, readOwnCredentials } from "./script-credentials.ts";
import { checkScript } from "./script-security.ts";
import { type Program, type ProgramResult, ScriptSpawner } from "./script-spawner.ts";

export interface ScriptEnd {
  readonly outcome: ScriptOutcome;
  readonly durationMicros: Micros;
  /** Standard output and error, cut at the request's `captureOctets`; empty when it asked for none. */
  readonly output: Buffer;
}

export interface ScriptRequest {
  /** SIGTERM after this time; zero: no limit. */
  readonly timeoutMicros: Micros;
  /** Appended to the command's own. */
  readonly extraArguments?: readonly string[];
  /** Whose budget it counts in. */
  readonly budget?: ScriptBudget;
  /** How much of its output to keep; without it the output goes to /dev/null. */
  readonly captureOctets?: number;
}

/** Scripts that do not end must not keep others from running: each of these has its own number of them. */
export type ScriptBudget = "checks" | "notifications";

/** A script that is being started or runs. */
export interface RunningScript {
  /** Undefined until its process is there. */
  readonly pid: number | undefined;
  /** False while its process is there, which may be after `onEnd`: not even SIGKILL ends one that waits for hardware. */
  isGone(): boolean;
  /** SIGTERM to its group, SIGKILL two seconds later. Nothing happens when it has ended. */
  terminate(): void;
  /** SIGTERM to its group, SIGKILL to what is left of it after `limitMicros`; resolves when nothing is, or then. */
  end(limitMicros: Micros): Promise<void>;
}

export interface ScriptRunner {
  /** Starts a script; `onEnd` is called once, never before this returns. */
  startScript(
    command: Command,
    request: ScriptRequest,
    onEnd: (end: ScriptEnd) => void,
  ): RunningScript;
  /** Takes what a reload changed, for scripts to be started from now on. */
  configure(settings: ScriptSettings): void;
  /** Ends the processes that start scripts where none runs; the next script starts them again. */
  closeIdle(): void;
  /** A signal to the groups of all that run. */
  killAll(signal: "SIGTERM" | "SIGKILL"): void;
  /** How many run now. */
  running(): number;
}

/** What a configuration says of all scripts. */
export interface ScriptSettings {
  /** The umask scripts get; undefined: this process's. */
  readonly umask?: number;
  /** Look again, before a script runs as root, at who could have changed it. */
  readonly scriptSecurity?: boolean;
}

export interface ScriptRunnerOptions extends ScriptSettings {
  /** More than this many of one budget are not started at once: a fork bomb would end the node. */
  readonly maximumRunning?: number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Told what is not as it should be and does not keep a script from running. */
  readonly warn?: (text: string) => void;
}

/** How Node's own children find their way to their parent, and what bin/holdfast notes. */
const OWN_VARIABLES: ReadonlySet<string> = new Set([
  "NODE_CHANNEL_FD",
  "NODE_CHANNEL_SERIALIZATION_MODE",
  FILE_LIMIT_VARIABLE,
]);
const DEFAULT_MAXIMUM_RUNNING = 1_000;
/** What this machine lacks for the moment, and a script that is just being written. */
const SHORTAGES: ReadonlySet<string> = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE", "ETXTBSY"]);
const KILL_AFTER_MILLIS = KILL_AFTER_MICROS / MILLISECOND;
/** As keepalived does, once SIGKILL has been sent twice. */
const KILL_AGAIN_MILLIS = 10_000;
/** How often to see whether a group has ended: its last process is not always our child. */
const LOOK_AGAIN_MILLIS = 10;
/** How long a spawner may take to start a script, beside the script's own time. */
const START_PATIENCE_MILLIS = 4_000;

/** Makes a runner. Its scripts get SIGTERM when this process ends, however it does. */
export function createScriptRunner(options: ScriptRunnerOptions = {}): ScriptRunner {
  const warned = new Set<string>();
  const warnOnce = (text: string): void => {
    if (warned.has(text)) return;
    warned.add(text);
    options.warn?.(text);
  };
  const ownEnvironment = options.environment ?? process.env;
  const environment = scriptEnvironment(ownEnvironment);
  const fileLimit = notedFileLimit(ownEnvironment);
  const own = readOwnCredentials();
  const maximumRunning = options.maximumRunning ?? DEFAULT_MAXIMUM_RUNNING;
  /** By the user and groups of their scripts. */
  const spawners = new Map<string, ScriptSpawner>();
  const runs = new Set<Run>();
  const runsOf: { readonly [budget in ScriptBudget]: Set<Run> } = {
    checks: new Set(),
    notifications: new Set(),
  };
  let settings: ScriptSettings = options;

  const startScript: ScriptRunner["startScript"] = (command, request, onEnd) => {
    const refused = (
      reason: string,
      kind: "notStarted" | "shortage" = "notStarted",
    ): RunningScript => {
      const outcome = { kind, reason };
      setImmediate(onEnd, { outcome, durationMicros: 0, output: Buffer.alloc(0) });
      return {
        pid: undefined,
        isGone: () => true,
        terminate: () => undefined,
        end: () => Promise.resolve(),
      };
    };
    const budget = runsOf[request.budget ?? "notifications"];
    if (command.refusal !== undefined) return refused(command.refusal);
    if (budget.size >= maximumRunning) {
      return refused(`${budget.size} scripts are running already`, "shortage");
    }
    const path = command.argv[0];
    if (path === undefined) return refused("there is no program in it");
    try {
      const obstacle = whyNotNow(path, command, settings.scriptSecurity === true);
      if (obstacle !== undefined) return refused(obstacle);
    } catch (error) {
      return refused((error as Error).message, failureKind((error as NodeJS.ErrnoException).code));
    }
    const plan = planCredentials(command, own);
    if (plan.kind === "refused") return refused(plan.reason);
    if (plan.kind === "keep" && plan.warning !== undefined) {
      warnOnce(`Script ${command.text} ${plan.warning}`);
    }

    const argv = [...command.argv, ...(request.extraArguments ?? [])];
    if (argv.some((word) => word.includes("\0"))) return refused("an argument has null bytes");
    const key = JSON.stringify(plan.kind === "switch" ? plan : {});
    let spawner = spawners.get(key);
    if (spawner === undefined) {
      const slots = maximumRunning * Object.keys(runsOf).length;
      spawner = new ScriptSpawner({ plan, environment, fileLimit }, slots);
      spawners.set(key, spawner);
    }
    const order = { argv, umask: settings.umask, captureOctets: request.captureOctets ?? 0 };
    const startedAt = process.hrtime.bigint();
    const program = spawner.run(order, (result) => run.onResult(result));
    const run = supervise(program, startedAt, request, onEnd, () => {
      runs.delete(run);
      budget.delete(run);
    });
    runs.add(run);
    budget.add(run);
    const { terminate, end } = run;
    return {
      get pid() {
        return program.pid;
      },
      isGone: () => !runs.has(run),
      terminate,
      end,
    };
  };

  const closeIdle = (): void => {
    for (const spawner of spawners.values()) spawner.closeIfIdle();
  };

  return {
    startScript,
    configure: (changed) => {
      settings = changed;
      // There may be no more scripts of some user.
      closeIdle();
    },
    closeIdle,
    killAll: (signal) => {
      for (const run of runs) run.signalGroup(signal);
    },
    running: () => runs.size,
  };
}

/** The environment of scripts: without what changes how a shell or the loader reads the rest, and what is ours. */
export function scriptEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || name === "IFS" || name.startsWith("LD_")) continue;
    if (OWN_VARIABLES.has(name)) continue;
    result[name] = value;
  }
  return result;
}

/** What an error at the start of a script means. */
function failureKind(code: string | undefined): "notStarted" | "shortage" {
  return code !== undefined && SHORTAGES.has(code) ? "shortage" : "notStarted";
}

/** Why the program must not be run, or undefined; an error where it cannot. */
function whyNotNow(program: string, command: Command, scriptSecurity: boolean): string | undefined {
  if (scriptSecurity) {
    const user = { uid: command.uid, gid: command.gid, groups: command.supplementaryGroups };
    const check = checkScript(program, user, process.env["PATH"]);
    if (check.kind === "missing") return `${program}: ${check.reason}`;
    if (check.privileged && check.insecure !== undefined) return `insecure path: ${check.insecure}`;
    return check.executable ? undefined : `${program}: not executable for uid ${command.uid}`;
  }
  if (!program.includes("/")) return undefined;
  return statSync(program).isFile() ? undefined : `${program}: not a regular file`;
}

interface Run {
  onResult(result: ProgramResult): void;
  signalGroup(signal: NodeJS.Signals): boolean;
  terminate(): void;
  end(limitMicros: Micros): Promise<void>;
}

/** Watches over one program from its order, at `startedAt` of the monotonic clock (nanoseconds), to its end. */
function supervise(
  program: Program,
  startedAt: bigint,
  request: ScriptRequest,
  onEnd: (end: ScriptEnd) => void,
  onGone: () => void,
): Run {
  let timedOut = false;
  let ended = false;
  let exited = false;
  let timer: NodeJS.Timeout | undefined;

  const finish = (outcome: ScriptOutcome, output: Buffer = Buffer.alloc(0)): void => {
    if (ended) return;
    ended = true;
    const durationMicros = Number((process.hrtime.bigint() - startedAt) / 1_000n);
    onEnd({ outcome, durationMicros, output });
  };
  /** Whether there was somebody to hear it; 0 only asks. */
  const signalGroup = (signal: NodeJS.Signals | 0): boolean => {
    const { pid } = program;
    if (pid === undefined) return false;
    try {
      return process.kill(-pid, signal);
    } catch {
      // The group is gone.
      return false;
    }
  };
  const killAgain = (): void => {
    signalGroup("SIGKILL");
    timer = setTimeout(killAgain, KILL_AGAIN_MILLIS);
    // A process that even SIGKILL doesn't end waits for hardware or a file server: whoever waits must hear of it.
    if (timedOut) finish({ kind: "timedOut" });
    else finish({ kind: "signalled", signal: constants.signals.SIGKILL });
  };
  /** Calls `next` once there is a process. A spawner that has started none in all that time stands still. */
  const whenStarted = (next: () => void, patienceMillis = START_PATIENCE_MILLIS): void => {
    if (program.pid !== undefined) next();
    else if (patienceMillis <= 0) program.abandon();
    else {
      const left = patienceMillis - LOOK_AGAIN_MILLIS;
      timer = setTimeout(whenStarted, LOOK_AGAIN_MILLIS, next, left);
    }
  };
  const terminate = (): void => {
    if (exited) return;
    clearTimeout(timer);
    whenStarted(() => {
      signalGroup("SIGTERM");
      timer = setTimeout(() => {
        signalGroup("SIGKILL");
        timer = setTimeout(killAgain, KILL_AFTER_MILLIS);
      }, KILL_AFTER_MILLIS);
    });
  };
  const end = async (limitMicros: Micros): Promise<void> => {
    const from = process.hrtime.bigint();
    let isTold = signalGroup("SIGTERM");
    let isThere = isTold || !exited;
    while (isThere && process.hrtime.bigint() - from < BigInt(limitMicros) * 1_000n) {
      await sleep(LOOK_AGAIN_MILLIS);
      // It may only now have started.
      if (isTold) isThere = signalGroup(0);
      else {
        isTold = signalGroup("SIGTERM");
        isThere = isTold || !exited;
      }
    }
    if (isThere) signalGroup("SIGKILL");
  };
  if (request.timeoutMicros > 0) {
    const millis = timerMillis(request.timeoutMicros);
    const onLimit = (): void => {
      const left = millis - program.ageMillis();
      if (left > 0) timer = setTimeout(onLimit, left);
      else {
        timedOut = true;
        terminate();
      }
    };
    timer = setTimeout(() => whenStarted(onLimit), millis);
  }
  const onResult = (result: ProgramResult): void => {
    exited = true;
    clearTimeout(timer);
    onGone();
    switch (result.kind) {
      case "lost":
        finish({ kind: "shortage", reason: result.reason });
        return;
      case "failed": {
        const { errno } = result;
        const kind = failureKind(errnoName(errno));
        finish({ kind, reason: errnoText(errno) });
        return;
      }
      case "ended":
        // SIGTERM went to the whole group: this ends what is left of it.
        if (timedOut) signalGroup("SIGKILL");
        finish(timedOut ? { kind: "timedOut" } : outcomeOf(result.status), result.output);
        return;
      default:
        unreachable(result);
    }
  };
  return { onResult, signalGroup, terminate, end };
}

/** What a wait status (man 2 wait) means. */
function outcomeOf(status: number): ScriptOutcome {
  const signal = status & 0x7f;
  return signal === 0
    ? { kind: "exited", status: (status >> 8) & 0xff }
    : { kind: "signalled", signal };
}
