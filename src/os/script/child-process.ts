// Runs users' scripts: as the configured user, each in its own process group, with an enforced time limit.

import { statSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { unreachable } from "../../lib/assert.ts";
import { MILLISECOND, type Micros, timerMillis } from "../../lib/micros.ts";
import { type Command, KILL_AFTER_MICROS, type ScriptOutcome } from "../../lib/script.ts";
import { errnoName, errnoText } from "../ffi/errno.ts";
import { FILE_LIMIT_VARIABLE, storedFileLimit } from "../process/file-limit.ts";
import { planCredentials, readOwnCredentials } from "./script-credentials.ts";
import { checkScript } from "./script-security.ts";
import { type Program, type ProgramResult, ScriptSpawner } from "./script-spawner.ts";

export interface ScriptEnd {
  readonly outcome: ScriptOutcome;
  readonly durationMicros: Micros;
  /** Standard output and error, truncated to the request's `captureOctets`; empty if it has none. */
  readonly output: Buffer;
}

export interface ScriptRequest {
  /** SIGTERM after this time; 0: no limit. */
  readonly timeoutMicros: Micros;
  /** Appended to the command's arguments. */
  readonly extraArguments?: readonly string[];
  /** The budget that it counts against; default "notifications". */
  readonly budget?: ScriptBudget;
  /** How much of its output to capture; without it the output goes to /dev/null. */
  readonly captureOctets?: number;
}

/** Each budget has its own limit, so that hanging scripts of one cannot prevent those of the other. */
export type ScriptBudget = "checks" | "notifications";

/** A script that is starting or running. */
export interface RunningScript {
  /** Undefined until its process exists. */
  readonly pid: number | undefined;
  /** True once its process has ended. That may be after `onEnd`, since SIGKILL does not end one that waits for hardware. */
  isGone(): boolean;
  /** Sends SIGTERM to its process group, and SIGKILL two seconds later. No effect if it has ended. */
  terminate(): void;
  /** Sends SIGTERM to its process group, and SIGKILL after `limitMicros`. Resolves when the group has ended, or then. */
  end(limitMicros: Micros): Promise<void>;
}

export interface ScriptRunner {
  /** Starts a script. Calls `onEnd` once, after this has returned. */
  startScript(
    command: Command,
    request: ScriptRequest,
    onEnd: (end: ScriptEnd) => void,
  ): RunningScript;
  /** Applies reloaded settings to scripts started from now on. */
  configure(settings: ScriptSettings): void;
  /** Ends the spawner processes without running scripts; the next script starts them again. */
  closeIdle(): void;
  /** Sends a signal to the process groups of all running scripts. */
  killAll(signal: "SIGTERM" | "SIGKILL"): void;
  /** The number of running scripts. */
  running(): number;
}

/** Settings of the configuration for all scripts. */
export interface ScriptSettings {
  /** The umask of scripts; undefined: that of this process. */
  readonly umask?: number;
  /** Before a script runs as root, check again who could have changed it. */
  readonly scriptSecurity?: boolean;
}

export interface ScriptRunnerOptions extends ScriptSettings {
  /** The maximum number of running scripts per budget, against fork bombs. */
  readonly maximumRunning?: number;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Logs problems that do not prevent a script from running. */
  readonly warn?: (text: string) => void;
}

/** Not for scripts: the variables of Node's channel to its parent, and the one of bin/holdfast. */
const OWN_VARIABLES: ReadonlySet<string> = new Set([
  "NODE_CHANNEL_FD",
  "NODE_CHANNEL_SERIALIZATION_MODE",
  FILE_LIMIT_VARIABLE,
]);
const DEFAULT_MAXIMUM_RUNNING = 1_000;
/** Temporary errors: missing resources, or a script that is just being written. */
const SHORTAGES: ReadonlySet<string> = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE", "ETXTBSY"]);
const KILL_AFTER_MILLIS = KILL_AFTER_MICROS / MILLISECOND;
/** The interval after the second SIGKILL, as in keepalived. */
const KILL_AGAIN_MILLIS = 10_000;
/** The polling interval for the end of a group, whose last process is not always our child. */
const POLL_MILLIS = 10;
/** The maximum time for a spawner to start a script, in addition to the script's time limit. */
const START_TIMEOUT_MILLIS = 4_000;

/** Creates a runner. Its scripts get SIGTERM when this process ends for any reason. */
export function createScriptRunner(options: ScriptRunnerOptions = {}): ScriptRunner {
  const warned = new Set<string>();
  const warnOnce = (text: string): void => {
    if (warned.has(text)) return;
    warned.add(text);
    options.warn?.(text);
  };
  const ownEnvironment = options.environment ?? process.env;
  const environment = scriptEnvironment(ownEnvironment);
  const fileLimit = storedFileLimit(ownEnvironment);
  const own = readOwnCredentials();
  const maximumRunning = options.maximumRunning ?? DEFAULT_MAXIMUM_RUNNING;
  /** Keyed by the user and groups of their scripts. */
  const spawners = new Map<string, ScriptSpawner>();
  const runs = new Set<Run>();
  const runsOf: { readonly [budget in ScriptBudget]: Set<Run> } = {
    checks: new Set(),
    notifications: new Set(),
  };
  let settings: ScriptSettings = options;

  const startScript: ScriptRunner["startScript"] = (command, request, onEnd) => {
    const refuse = (
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
    if (command.refusal !== undefined) return refuse(command.refusal);
    if (budget.size >= maximumRunning) {
      return refuse(`${budget.size} scripts are already running`, "shortage");
    }
    const path = command.argv[0];
    if (path === undefined) return refuse("no program given");
    try {
      const obstacle = findObstacle(path, command, settings.scriptSecurity === true);
      if (obstacle !== undefined) return refuse(obstacle);
    } catch (error) {
      return refuse((error as Error).message, failureKind((error as NodeJS.ErrnoException).code));
    }
    const plan = planCredentials(command, own);
    if (plan.kind === "refused") return refuse(plan.reason);
    if (plan.kind === "keep" && plan.warning !== undefined) {
      warnOnce(`Script ${command.text} ${plan.warning}`);
    }

    const argv = [...command.argv, ...(request.extraArguments ?? [])];
    if (argv.some((word) => word.includes("\0"))) return refuse("an argument contains a null byte");
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
      // A user may have no scripts any more.
      closeIdle();
    },
    closeIdle,
    killAll: (signal) => {
      for (const run of runs) run.signalGroup(signal);
    },
    running: () => runs.size,
  };
}

/** The environment of scripts: without IFS and LD_*, which affect the shell and the loader, and without our own variables. */
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

/** Classifies the error code of a failed start. */
function failureKind(code: string | undefined): "notStarted" | "shortage" {
  return code !== undefined && SHORTAGES.has(code) ? "shortage" : "notStarted";
}

/** Why the program must not be run, or undefined. Throws if it cannot be examined. */
function findObstacle(
  program: string,
  command: Command,
  scriptSecurity: boolean,
): string | undefined {
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

/** Supervises a program from its order, at `startedAt` (monotonic, nanoseconds), to its end. */
function supervise(
  program: Program,
  startedAt: bigint,
  request: ScriptRequest,
  onEnd: (end: ScriptEnd) => void,
  onGone: () => void,
): Run {
  let hasTimedOut = false;
  let isReported = false;
  let hasExited = false;
  let timer: NodeJS.Timeout | undefined;

  const finish = (outcome: ScriptOutcome, output: Buffer = Buffer.alloc(0)): void => {
    if (isReported) return;
    isReported = true;
    const durationMicros = Number((process.hrtime.bigint() - startedAt) / 1_000n);
    onEnd({ outcome, durationMicros, output });
  };
  /** Returns whether the group exists; signal 0 only tests that. */
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
    // A process that survives SIGKILL waits for hardware or a file server: report the end without it.
    if (hasTimedOut) finish({ kind: "timedOut" });
    else finish({ kind: "signalled", signal: constants.signals.SIGKILL });
  };
  /** Calls `next` once the process exists. Abandons a spawner that does not start it in time. */
  const whenStarted = (next: () => void, remainingMillis = START_TIMEOUT_MILLIS): void => {
    if (program.pid !== undefined) next();
    else if (remainingMillis <= 0) program.abandon();
    else {
      timer = setTimeout(whenStarted, POLL_MILLIS, next, remainingMillis - POLL_MILLIS);
    }
  };
  const terminate = (): void => {
    if (hasExited) return;
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
    const beganAt = process.hrtime.bigint();
    let isSignalled = signalGroup("SIGTERM");
    let isRunning = isSignalled || !hasExited;
    while (isRunning && process.hrtime.bigint() - beganAt < BigInt(limitMicros) * 1_000n) {
      await sleep(POLL_MILLIS);
      if (isSignalled) isRunning = signalGroup(0);
      else {
        // It may have started only now.
        isSignalled = signalGroup("SIGTERM");
        isRunning = isSignalled || !hasExited;
      }
    }
    if (isRunning) signalGroup("SIGKILL");
  };
  if (request.timeoutMicros > 0) {
    const millis = timerMillis(request.timeoutMicros);
    const onLimit = (): void => {
      const remaining = millis - program.ageMillis();
      if (remaining > 0) timer = setTimeout(onLimit, remaining);
      else {
        hasTimedOut = true;
        terminate();
      }
    };
    timer = setTimeout(() => whenStarted(onLimit), millis);
  }
  const onResult = (result: ProgramResult): void => {
    hasExited = true;
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
        // SIGTERM went to the whole group: kill the rest of it.
        if (hasTimedOut) signalGroup("SIGKILL");
        finish(hasTimedOut ? { kind: "timedOut" } : outcomeOf(result.status), result.output);
        return;
      default:
        unreachable(result);
    }
  };
  return { onResult, signalGroup, terminate, end };
}

/** Decodes a wait status (man 2 wait). */
function outcomeOf(status: number): ScriptOutcome {
  const signal = status & 0x7f;
  return signal === 0
    ? { kind: "exited", status: (status >> 8) & 0xff }
    : { kind: "signalled", signal };
}
