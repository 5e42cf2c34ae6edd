// Runs users' scripts: as the user they belong to, in a group of their own, with a time limit that holds.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { MILLISECOND, type Micros, timerMillis } from "../lib/micros.ts";
import { type Command, KILL_AFTER_MICROS, type ScriptOutcome } from "../lib/script.ts";
import { markDescriptorsCloseOnExec } from "./inherited-descriptors.ts";
import { planCredentials, readOwnCredentials } from "./script-credentials.ts";
import { checkScript } from "./script-security.ts";

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

/** A script that was started. */
export interface RunningScript {
  /** Undefined when it could not be started. */
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
  /** Setpriv of util-linux; found by itself when not given, null: do without. */
  readonly setpriv?: string | null;
}

const DEFAULT_MAXIMUM_RUNNING = 1_000;
/** What this machine lacks for the moment, whatever the script is. */
const SHORTAGES: ReadonlySet<string> = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"]);
const KILL_AFTER_MILLIS = KILL_AFTER_MICROS / MILLISECOND;
/** As keepalived does, once SIGKILL has been sent twice. */
const KILL_AGAIN_MILLIS = 10_000;
/** How often to see whether a group has ended: its last process is not always our child. */
const LOOK_AGAIN_MILLIS = 10;
/** How long output may still come after the script itself has ended. */
const LATE_OUTPUT_MILLIS = 100;

/**
 * Makes a runner. With util-linux's setpriv a script dies (SIGTERM) with this process and has its supplementary
 * groups; without it (busybox) it outlives this process and has none, which is said through `warn` once.
 */
export function createScriptRunner(options: ScriptRunnerOptions = {}): ScriptRunner {
  const setpriv = options.setpriv === undefined ? findSetpriv() : (options.setpriv ?? undefined);
  const warned = new Set<string>();
  const warnOnce = (text: string): void => {
    if (warned.has(text)) return;
    warned.add(text);
    options.warn?.(text);
  };
  if (setpriv === undefined) {
    warnOnce("setpriv of util-linux is not there: scripts may outlive this process");
  }
  const environment = scriptEnvironment(options.environment ?? process.env);
  const own = readOwnCredentials();
  markDescriptorsCloseOnExec();
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
    if (budget.size >= (options.maximumRunning ?? DEFAULT_MAXIMUM_RUNNING)) {
      return refused(`${budget.size} scripts are running already`, "shortage");
    }
    const program = command.argv[0];
    if (program === undefined) return refused("there is no program in it");
    try {
      const obstacle = whyNotNow(program, command, settings.scriptSecurity === true);
      if (obstacle !== undefined) return refused(obstacle);
    } catch (error) {
      return refused((error as Error).message, failureKind(error as Error));
    }
    const plan = planCredentials(command, own);
    if (plan.kind === "refused") return refused(plan.reason);
    if (plan.kind === "keep" && plan.warning !== undefined) {
      warnOnce(`Script ${command.text} ${plan.warning}`);
    }

    const argv = [program, ...command.argv.slice(1), ...(request.extraArguments ?? [])];
    const prefix = setpriv === undefined ? [] : [setpriv, ...setprivArguments(plan), "--"];
    if (setpriv === undefined && plan.kind === "switch" && (plan.groups ?? []).length > 0) {
      warnOnce(`Script ${command.text} runs without its supplementary groups`);
    }
    const words = [...prefix, ...argv];
    const captured = (request.captureOctets ?? 0) > 0;
    const previousUmask = settings.umask === undefined ? undefined : process.umask(settings.umask);
    // Before the fork: on a busy machine a short script has ended before it returns.
    const startedAt = process.hrtime.bigint();
    try {
      const child = spawn(words[0] as string, words.slice(1), {
        detached: true,
        env: environment,
        stdio: captured ? ["ignore", "pipe", "pipe"] : "ignore",
        // Without setpriv libuv changes the user, and clears the groups while it does.
        ...(setpriv === undefined && plan.kind === "switch"
          ? { uid: plan.uid, gid: plan.gid }
          : {}),
      });
      const run = supervise(child, startedAt, request, onEnd, () => {
        runs.delete(run);
        budget.delete(run);
      });
      if (child.pid !== undefined) {
        runs.add(run);
        budget.add(run);
      }
      const { terminate, end } = run;
      return { pid: child.pid, isGone: () => !runs.has(run), terminate, end };
    } catch (error) {
      // Node throws for what it sees itself, such as EAGAIN or a NUL in an argument.
      return refused((error as Error).message, failureKind(error as Error));
    } finally {
      if (previousUmask !== undefined) process.umask(previousUmask);
    }
  };

  return {
    startScript,
    configure: (changed) => {
      settings = changed;
    },
    killAll: (signal) => {
      for (const run of runs) run.signalGroup(signal);
    },
    running: () => runs.size,
  };
}

/** The environment of scripts: without what changes how a shell or the loader reads the rest. */
export function scriptEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || name === "IFS" || name.startsWith("LD_")) continue;
    // How Node's own children find their way to their parent.
    if (name === "NODE_CHANNEL_FD" || name === "NODE_CHANNEL_SERIALIZATION_MODE") continue;
    result[name] = value;
  }
  return result;
}

/** What an error at the start of a script means. */
function failureKind({ code }: NodeJS.ErrnoException): "notStarted" | "shortage" {
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

function setprivArguments(plan: ReturnType<typeof planCredentials>): string[] {
  const words = ["--pdeathsig", "TERM"];
  if (plan.kind !== "switch") return words;
  words.push("--reuid", String(plan.uid), "--regid", String(plan.gid));
  if (plan.groups === undefined) words.push("--keep-groups");
  else if (plan.groups.length === 0) words.push("--clear-groups");
  else words.push("--groups", plan.groups.join(","));
  // A change of user leaves ambient capabilities as they are.
  words.push("--inh-caps=-all", "--ambient-caps=-all");
  return words;
}

/** The path of a setpriv that knows --pdeathsig, or undefined. */
function findSetpriv(): string | undefined {
  for (const path of ["/usr/bin/setpriv", "/bin/setpriv", "/usr/sbin/setpriv"]) {
    const trial = spawnSync(path, ["--pdeathsig", "TERM", "--", "/bin/sh", "-c", ":"], {
      stdio: "ignore",
      timeout: 2_000,
    });
    if (trial.status === 0) return path;
  }
  return undefined;
}

interface Run {
  signalGroup(signal: NodeJS.Signals): boolean;
  terminate(): void;
  end(limitMicros: Micros): Promise<void>;
}

/** Watches over one process from its start, at `startedAt` of the monotonic clock (nanoseconds), to its end. */
function supervise(
  child: ChildProcess,
  startedAt: bigint,
  request: ScriptRequest,
  onEnd: (end: ScriptEnd) => void,
  onGone: () => void,
): Run {
  const capture = captureOutput(child, request.captureOctets ?? 0);
  let timedOut = false;
  let ended = false;
  let exited = false;
  let timer: NodeJS.Timeout | undefined;

  const finish = (outcome: ScriptOutcome): void => {
    if (ended) return;
    ended = true;
    const durationMicros = Number((process.hrtime.bigint() - startedAt) / 1_000n);
    capture.finish((output) => onEnd({ outcome, durationMicros, output }));
  };
  /** Whether there was somebody to hear it; 0 only asks. */
  const signalGroup = (signal: NodeJS.Signals | 0): boolean => {
    if (child.pid === undefined) return false;
    try {
      return process.kill(-child.pid, signal);
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
  const terminate = (): void => {
    if (exited || child.pid === undefined) return;
    clearTimeout(timer);
    signalGroup("SIGTERM");
    timer = setTimeout(() => {
      signalGroup("SIGKILL");
      timer = setTimeout(killAgain, KILL_AFTER_MILLIS);
    }, KILL_AFTER_MILLIS);
  };
  const end = async (limitMicros: Micros): Promise<void> => {
    const from = process.hrtime.bigint();
    let isThere = signalGroup("SIGTERM");
    while (isThere && process.hrtime.bigint() - from < BigInt(limitMicros) * 1_000n) {
      await sleep(LOOK_AGAIN_MILLIS);
      isThere = signalGroup(0);
    }
    if (isThere) signalGroup("SIGKILL");
  };
  if (request.timeoutMicros > 0) {
    timer = setTimeout(() => {
      timedOut = true;
      terminate();
    }, timerMillis(request.timeoutMicros));
  }
  child.once("error", (error) => {
    if (child.pid !== undefined) return;
    clearTimeout(timer);
    onGone();
    finish({ kind: failureKind(error), reason: error.message });
  });
  child.once("exit", (status, signal) => {
    exited = true;
    clearTimeout(timer);
    onGone();
    // What the script left in its group was told to end with it.
    if (timedOut) {
      signalGroup("SIGKILL");
      finish({ kind: "timedOut" });
    } else if (signal !== null) {
      finish({ kind: "signalled", signal: constants.signals[signal] });
    } else {
      finish({ kind: "exited", status: status ?? 0 });
    }
  });
  return { signalGroup, terminate, end };
}

/** Gathers output up to a limit; `finish` gives it when the pipes close, or soon after at the latest. */
function captureOutput(
  child: ChildProcess,
  limit: number,
): { finish(done: (output: Buffer) => void): void } {
  const chunks: Buffer[] = [];
  let octets = 0;
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("error", () => undefined);
    stream?.on("data", (chunk: Buffer) => {
      const kept = chunk.subarray(0, limit - octets);
      octets += kept.length;
      if (kept.length > 0) chunks.push(kept);
    });
  }
  return {
    finish: (done) => {
      if (child.stdout === null || child.pid === undefined) {
        done(Buffer.concat(chunks));
        return;
      }
      let timer: NodeJS.Timeout | undefined;
      const close = (): void => {
        clearTimeout(timer);
        child.off("close", close);
        // A background process may hold the pipes for ever.
        child.stdout?.destroy();
        child.stderr?.destroy();
        done(Buffer.concat(chunks));
      };
      timer = setTimeout(close, LATE_OUTPUT_MILLIS);
      child.once("close", close);
    },
  };
}
