// The scripts of the daemon: tracked ones on the child's request, notifications in order, start and end.

import type { Command, Config, InstanceConfig } from "../config/config.ts";
import type { Log } from "../lib/log.ts";
import type { Micros } from "../lib/micros.ts";
import { createScriptRunner, type ScriptRunner } from "../os/child-process.ts";
import type { ScriptOutcome } from "../vrrp/event.ts";
import type { Notification } from "./ipc.ts";

/** Runs whatever the configuration names, in the parent: a new process holds up who starts it. */
export class ScriptService {
  readonly #runner: ScriptRunner;
  readonly #log: Log;
  #config: Config;
  /** Of the configuration before, for the last words of what a reload removes. */
  #former: ReadonlyMap<string, InstanceConfig> = new Map();

  constructor(config: Config, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#runner = createScriptRunner({
      umask: config.global.umask,
      scriptSecurity: config.global.enableScriptSecurity,
      warn: (text) => log("warning", text),
    });
  }

  /** Takes a new configuration; instances of the old one can still be told of until `forgetFormer`. */
  configure(config: Config): void {
    this.#former = new Map(this.#config.instances.map((instance) => [instance.name, instance]));
    this.#config = config;
  }

  forgetFormer(): void {
    this.#former = new Map();
  }

  /** Runs the tracked script `name`; `onEnd` is called once, also when it could not be started. */
  runTracked(name: string, onEnd: (outcome: ScriptOutcome) => void): void {
    const script = this.#config.scripts.find((entry) => entry.name === name);
    if (script === undefined) {
      onEnd({ kind: "notStarted", reason: "it is not configured any more" });
      return;
    }
    const timeoutMicros = script.timeoutMicros === 0 ? script.intervalMicros : script.timeoutMicros;
    this.#runner.startScript(script.command, { timeoutMicros }, ({ outcome }) => onEnd(outcome));
  }

  notify(_notification: Notification): void {}

  drain(_limitMicros: Micros): Promise<void> {
    return Promise.resolve();
  }

  /** Runs a script to its end; resolves in any case, the log says how it went. */
  runOnce(command: Command, timeoutMicros: Micros): Promise<void> {
    return new Promise((resolve) => {
      this.#runner.startScript(command, { timeoutMicros }, ({ outcome }) => {
        if (outcome.kind !== "exited" || outcome.status !== 0) {
          this.#log("warning", `Script ${command.text} failed: ${JSON.stringify(outcome)}`);
        }
        resolve();
      });
    });
  }

  close(): void {
    this.#runner.killAll("SIGTERM");
  }
}
