// Runs the daemon's scripts: tracked scripts for children, notifications in order, startup and shutdown scripts.

import { isDeepStrictEqual } from "node:util";
import type { Options } from "../cli/options.ts";
import { type Config, vrrpPart } from "../config/config.ts";
import { counted } from "../lib/counted.ts";
import type { Log } from "../lib/log.ts";
import { type Micros, SECOND } from "../lib/micros.ts";
import { type Command, isSuccess, outcomeText, type ScriptOutcome } from "../lib/script.ts";
import type { Notification } from "../notify/notifications.ts";
import { createNotifier, type Notifier } from "../notify/notifier.ts";
import {
  createScriptRunner,
  type RunningScript,
  type ScriptRunner,
  type ScriptSettings,
} from "../os/script/child-process.ts";
import type { Role, RoleScript } from "../process/role.ts";

type ScriptRole = Pick<Role, "name" | "part" | "scripts">;

/** The last run of a tracked script. */
interface Check {
  readonly command: Command;
  readonly timeoutMicros: Micros;
  readonly running: RunningScript;
  /** Undefined once the outcome has been reported. */
  onEnd: ((outcome: ScriptOutcome) => void) | undefined;
}

/** All scripts run in the parent, since starting a process blocks the caller. */
export class ScriptService {
  readonly #runner: ScriptRunner;
  readonly #notifier: Notifier;
  readonly #log: Log;
  /** For lines that need `-D`. */
  readonly #logDetail: Log;
  readonly #roles: readonly ScriptRole[];
  /** The last run of each tracked script, by role and name, while its process exists. */
  readonly #checks = new Map<string, Check>();
  /** By role and name. */
  #scripts: ReadonlyMap<string, RoleScript>;

  readonly #umask: number | undefined;
  /** The running startup or shutdown script. */
  #once: RunningScript | undefined;

  constructor(
    roles: readonly ScriptRole[],
    config: Config,
    log: Log,
    options: Pick<Options, "logDetail" | "umask">,
  ) {
    this.#roles = roles;
    this.#scripts = scriptsOf(roles, config);
    this.#log = log;
    this.#umask = options.umask;
    this.#runner = createScriptRunner({
      ...this.#settings(config),
      warn: (text) => log("warning", text),
    });
    this.#logDetail = options.logDetail > 0 ? log : (): void => undefined;
    this.#notifier = createNotifier({ runner: this.#runner, log, logDetail: this.#logDetail });
    this.#notifier.configure(vrrpPart(config));
  }

  /** Takes a new configuration; last notifications of removed instances are still sent. */
  configure(config: Config): void {
    this.#scripts = scriptsOf(this.#roles, config);
    this.#runner.configure(this.#settings(config));
    this.#notifier.configure(vrrpPart(config));
  }

  #settings({ global }: Config): ScriptSettings {
    return { umask: this.#umask ?? global.umask, scriptSecurity: global.enableScriptSecurity };
  }

  /**
   * Runs the script `name` of `role`; `onEnd` is called once, even if it cannot be started. If a run that an earlier
   * child requested is still going on, `onEnd` gets the outcome of that run.
   */
  runTracked(role: string, name: string, onEnd: (outcome: ScriptOutcome) => void): void {
    const key = keyOf(role, name);
    const script = this.#scripts.get(key);
    if (script === undefined) {
      onEnd({ kind: "notStarted", reason: "it is no longer configured" });
      return;
    }
    const { command, timeoutMicros } = script;
    const former = this.#checks.get(key);
    if (former?.running.isGone() === false && isDeepStrictEqual(former.command, command)) {
      if (former.onEnd === undefined) {
        // Not even SIGKILL has ended it: another run would probably hang as well.
        this.#log("info", `Track script ${name} is being timed out, expect idle - skipping run`);
        onEnd({ kind: "timedOut" });
        return;
      }
      if (former.timeoutMicros === timeoutMicros) {
        former.onEnd = onEnd;
        return;
      }
    }
    const request = { timeoutMicros, budget: "checks" } as const;
    const running = this.#runner.startScript(command, request, ({ outcome }) => {
      const isLast = this.#checks.get(key) === check;
      if (isLast && running.isGone()) this.#checks.delete(key);
      const report = check.onEnd;
      check.onEnd = undefined;
      report?.(outcome);
    });
    const check: Check = { command, timeoutMicros, running, onEnd };
    this.#checks.set(key, check);
  }

  notify(notification: Notification): void {
    this.#notifier.notify(notification);
  }

  /**
   * Ends tracked scripts and a startup script, and waits for pending notifications, for at most `limitMicros`.
   */
  async finish(limitMicros: Micros): Promise<void> {
    const checks = [...this.#checks.values()].map(({ running }) => running.end(limitMicros));
    const once = this.#once?.end(limitMicros);
    const [left] = await Promise.all([this.#notifier.drain(limitMicros), once, ...checks]);
    if (left === 0) return;
    const subject = counted(left, "notify script is", "notify scripts are");
    const limit = `${limitMicros / SECOND} s`;
    this.#log(
      "warning",
      `${subject} not done ${limit} after the stop and will be killed: notifications may be lost`,
    );
  }

  /** Runs the startup or shutdown script until it ends; never rejects, and logs the outcome. */
  runOnce(type: "startup" | "shutdown", command: Command, timeoutMicros: Micros): Promise<void> {
    const path = command.argv[0] ?? command.text;
    this.#logDetail("info", `Running ${type} script ${path}`);
    return new Promise((resolve) => {
      this.#once = this.#runner.startScript(command, { timeoutMicros }, ({ outcome }) => {
        this.#once = undefined;
        // keepalived's lines; the repeated word is theirs.
        const subject = `${type} script script`;
        if (isSuccess(outcome)) this.#logDetail("info", `${subject} succeeded`);
        else if (outcome.kind === "exited") {
          this.#log("warning", `${subject} failed, status ${outcome.status}`);
        } else if ("reason" in outcome) {
          this.#log("warning", `Call of ${type} script ${path} failed: ${outcome.reason}`);
        } else this.#log("warning", `${type} script ${outcomeText(outcome)}`);
        // Its user's spawner is rarely needed again.
        this.#runner.closeIdle();
        resolve();
      });
    });
  }

  close(): void {
    this.#notifier.close();
    this.#runner.killAll("SIGTERM");
  }
}

function scriptsOf(roles: readonly ScriptRole[], config: Config): Map<string, RoleScript> {
  return new Map(
    roles.flatMap((role) =>
      role.scripts(role.part(config)).map((script) => [keyOf(role.name, script.name), script]),
    ),
  );
}

/** Unique, since role names have no space. */
function keyOf(role: string, name: string): string {
  return `${role} ${name}`;
}
