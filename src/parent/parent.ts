// The parent process: reads the configuration, starts and watches its children, runs scripts for them, and answers
// signals.

import { release, type, version } from "node:os";
import type { Options } from "../cli/options.ts";
import { checkStart, startFacts, startNeeds } from "../cli/start-checks.ts";
import { versionText } from "../cli/version.ts";
import type { Config } from "../config/config.ts";
import type { Registry } from "../config/registry.ts";
import { unreachable } from "../lib/assert.ts";
import { counted } from "../lib/counted.ts";
import type { Log } from "../lib/log.ts";
import { type Micros, SECOND, secondsText } from "../lib/micros.ts";
import type { Command } from "../lib/script.ts";
import type { OpenLog } from "../os/log/log.ts";
import { type CpuUsage, cpuUsage } from "../os/process/cpu-usage.ts";
import { EXIT_CONFIG, EXIT_FATAL, EXIT_OK, type PermanentError } from "../process/exit-code.ts";
import { logSettings, openProcessLog } from "../process/process-log.ts";
import { nameProcess } from "../process/process-settings.ts";
import type { Role } from "../process/role.ts";
import { stackText } from "../process/stack-text.ts";
import { diagnosticsOf, startRefusals } from "../processes/config-reader/loaded-config.ts";
import { Children } from "./children.ts";
import type { Reading } from "./config-reader.ts";
import { Configuration } from "./configuration.ts";
import { writeDump } from "./dumps.ts";
import { endFormerChild } from "./former-child.ts";
import { PidFiles } from "./pid-files.ts";
import { PromoteSecondaries } from "./promote-secondaries.ts";
import { logFindings } from "./reading-log.ts";
import type { RunningConfig } from "./reload.ts";
import { ScriptService } from "./script-service.ts";
import type { SignalQueue, SignalRequest } from "./signals.ts";

/** The limit for last notifications and for the end of tracked scripts. */
const STOP_SCRIPTS_MICROS: Micros = SECOND;

export interface ParentOptions {
  readonly options: Options;
  readonly roles: readonly Role[];
  /** The keywords of the configuration; holdfast's if undefined. */
  readonly registry: Registry | undefined;
  /** The program's main file. */
  readonly main: string;
  readonly programName: string;
  /** The path that was started. */
  readonly startedAs: string;
  readonly holdfastVersion: string;
  readonly signals: SignalQueue;
  /** The reading of the configuration, if it has already begun. */
  readonly reading: Reading | undefined;
  /** Called once, when the daemon runs. */
  readonly onStarted: () => void;
  /** Ends the process. */
  readonly exit: (status: number) => void;
}

/** Runs a daemon: `start`, then the requests of signals, until the stop. */
export class Parent {
  readonly #given: ParentOptions;
  readonly #configuration: Configuration;
  readonly #promoteSecondaries: PromoteSecondaries;
  readonly #children: Children;
  #openLog: OpenLog;
  #running: RunningConfig | undefined;
  #pidFiles: PidFiles | undefined;
  #scripts: ScriptService | undefined;
  #isStarted = false;
  #isStopping = false;

  constructor(given: ParentOptions) {
    const { options, roles, programName, main } = given;
    const log = this.#log;
    this.#given = given;
    this.#openLog = openProcessLog("Keepalived", logSettings(options, ""));
    this.#configuration = new Configuration({
      options,
      programName,
      main,
      log,
      begun: given.reading,
      onReading: () => this.#children.startEarly(),
    });
    this.#promoteSecondaries = new PromoteSecondaries(log);
    this.#children = new Children({
      roles,
      options,
      programName,
      main,
      log,
      logSettings: (config) => logSettings(options, this.#logSuffix(config)),
      services: (role) => ({
        runScript: (name, onEnd) => this.#scripts?.runTracked(role.name, name, onEnd),
        notify: (notification) => this.#scripts?.notify(notification),
        requirePromoteSecondaries: (name) => this.#promoteSecondaries.require(name),
      }),
      onStarted: (role, pid) => this.#pidFiles?.writeChild(role, pid),
      onReady: () => this.#markStarted(),
      onGivenUp: (role, permanent, status) => this.#giveUp(role, permanent, status),
    });
    // The user's process may be gone before it has read all errors.
    process.stderr.on("error", () => undefined);
  }

  /** Logs a bug and exits; the children notice and stop in order. */
  fail(error: unknown, status: number): void {
    for (const line of stackText(error).split("\n")) this.#log("error", line);
    this.#exit(status);
  }

  /** Starts the daemon, or ends it with the exit status for the reason. */
  async start(): Promise<void> {
    const { options, registry } = this.#given;
    this.#introduce();
    const loaded = await this.#configuration.readInNamespace();
    if (loaded === undefined) return this.#exit(EXIT_FATAL);
    await logFindings(loaded, this.#log);
    const refused = startRefusals(loaded);
    const { config, files } = loaded;
    if (config === undefined || refused.length > 0) {
      this.#log("error", `Not starting: the configuration has ${counted(refused.length, "error")}`);
      return this.#exit(EXIT_CONFIG);
    }
    const obstacle = this.#checkStart(config);
    if (obstacle !== undefined) return this.#exit(obstacle);
    const running: RunningConfig = { config, files, diagnostics: diagnosticsOf(loaded) };
    this.#adopt(running);
    if (options.dumpConfig) {
      const lines = (await this.#loadLanguage())?.renderConfig(running, registry) ?? [];
      for (const line of lines) this.#log("info", line);
    }
    this.#pidFiles = new PidFiles(this.#given.roles, options, config.global, this.#log);
    const taken = this.#pidFiles.takeParent();
    if (taken === "running") this.#log("error", "daemon is already running");
    // keepalived's status: the daemon that the user wants is running.
    if (taken !== "taken") return this.#exit(taken === "running" ? EXIT_OK : EXIT_FATAL);
    // Until the daemon runs, only a stop is handled, even during the startup script.
    this.#given.signals.hold("all");
    this.#given.signals.open((request) => this.#obey(request));
    for (const { role, pid } of this.#pidFiles.formerChildren()) {
      await endFormerChild(role, pid, this.#log);
    }
    process.umask(options.umask ?? config.global.umask);
    const { startupScript, startupScriptTimeoutMicros } = config.global;
    if (!this.#isStopping) {
      // No child runs during the startup script, not even one that waits.
      if (startupScript !== undefined) this.#children.discardEarly();
      await this.#runOnce("startup", startupScript, startupScriptTimeoutMicros);
    }
    if (this.#isStopping) return;
    this.#children.start(config);
    this.#log("info", "Startup complete");
    if (this.#children.isEmpty) this.#markStarted();
    this.#given.signals.release();
  }

  readonly #log: Log = (level, text) => {
    this.#openLog.log(level, text);
    // Errors of the start go to the user too, even if no log daemon listens.
    const isShown = logSettings(this.#given.options, "").console;
    if (!isShown && !this.#isStarted && level === "error") process.stderr.write(`${text}\n`);
  };

  /** The daemon runs; in the background this releases the user's process. */
  #markStarted(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#given.onStarted();
    void this.#loadLanguage();
  }

  /**
   * Loads the code that needs the configuration's keywords; undefined if that fails (already logged). A start does not
   * wait for it. A running daemon has it loaded, so that an upgrade may replace its files.
   */
  async #loadLanguage() {
    try {
      const [{ renderConfig }, { acceptReload, logChanges }] = await Promise.all([
        import("../status/config-text.ts"),
        import("./reload.ts"),
      ]);
      return { renderConfig, acceptReload, logChanges };
    } catch (error) {
      this.#log("error", `Cannot load holdfast's own files: ${(error as Error).message}`);
      return undefined;
    }
  }

  #logSuffix(config: Config): string {
    const { instance, netNamespace } = config.global;
    const namespace = this.#given.options.netNamespace ?? netNamespace;
    return [namespace, instance].filter((name) => name !== undefined).join("_");
  }

  #introduce(): void {
    const { options, holdfastVersion } = this.#given;
    const log = this.#log;
    log("info", `Starting Keepalived ${versionText(holdfastVersion)}`);
    log("info", `Running on ${type()} ${release()} ${version()}`);
    const words = [this.#given.startedAs, ...options.words].map((word) => `'${word}'`);
    log("info", `Command line: ${words.join(" ")}`);
    for (const word of options.strayWords) log("warning", `Unexpected argument '${word}'`);
    for (const option of options.notImplemented) {
      log("error", `Option ${option} is not implemented yet: it does nothing`);
    }
  }

  /** Logs what this process lacks for `config`; an exit status if it must not start. */
  #checkStart(config: Config): number | undefined {
    const { options } = this.#given;
    const facts = startFacts();
    const { netNamespace, subsystems } = options;
    const needs = startNeeds(config, { runsVrrp: subsystems.vrrp, netNamespace }, facts);
    const findings = checkStart(facts, needs);
    for (const { grade, text } of findings) {
      this.#log(grade === "fatal" ? "error" : "warning", text);
    }
    return findings.find((finding) => finding.grade === "fatal")?.exitCode;
  }

  /** Creates all that outlives a child, for the accepted configuration. */
  #adopt(running: RunningConfig): void {
    const { options, programName } = this.#given;
    const { config } = running;
    this.#running = running;
    const suffix = this.#logSuffix(config);
    if (suffix !== "") {
      this.#openLog.close();
      this.#openLog = openProcessLog("Keepalived", logSettings(options, suffix));
    }
    nameProcess(programName, undefined, config.global.processName);
    this.#scripts = new ScriptService(this.#given.roles, config, this.#log, options);
  }

  #obey(request: SignalRequest): void {
    switch (request) {
      case "reload":
        void this.#reload();
        break;
      case "stop":
        this.#stop(EXIT_OK);
        break;
      case "data":
        void this.#dump().then(() => this.#children.dump(request));
        break;
      case "stats":
      case "statsClear":
      case "json":
        this.#children.dump(request);
        break;
      default:
        unreachable(request);
    }
  }

  async #dump(): Promise<void> {
    if (this.#running === undefined) return;
    const language = await this.#loadLanguage();
    if (language === undefined) return;
    this.#log("info", `Printing parent data for process(${process.pid}) on signal`);
    const text = `${language.renderConfig(this.#running, this.#given.registry).join("\n")}\n`;
    writeDump({ name: "keepalived_parent.data", text }, this.#log);
  }

  /** Reloads the configuration; if it is refused, logs why and changes nothing. */
  async #reload(): Promise<void> {
    const { signals } = this.#given;
    const running = this.#running;
    if (running === undefined || this.#isStopping) return;
    this.#log("info", "Reloading ...");
    signals.hold("reloads");
    const loaded = await this.#configuration.read();
    if (loaded !== undefined) await logFindings(loaded, this.#log);
    if (this.#isStopping) return;
    const language = await this.#loadLanguage();
    if (this.#isStopping) return;
    const accepted = language?.acceptReload(running, loaded, this.#log);
    if (language === undefined || accepted === undefined) {
      signals.release();
      return;
    }
    await language.logChanges(running.config, accepted.config, this.#log, this.#given.registry);
    if (this.#isStopping) return;
    this.#running = accepted;
    this.#scripts?.configure(accepted.config);
    // Requests wait until the children run with it, since reloads must not overlap.
    signals.hold("all");
    this.#children.reload(accepted.config, (failed) => {
      for (const { name } of failed) {
        const died = `the ${name} process died and will be restarted`;
        this.#log("error", `Reload not complete: ${died}`);
      }
      if (failed.length === 0) this.#log("info", "Reload complete");
      signals.release();
    });
  }

  #giveUp(role: Role, permanent: PermanentError | undefined, status: number | null): void {
    if (permanent !== undefined) {
      const { name } = permanent;
      this.#log("error", `${role.logIdentity} exited with permanent error ${name}. Terminating`);
    }
    this.#stop(permanent?.exitStatus ?? (status || EXIT_FATAL));
  }

  #stop(status: number): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#configuration.abandon();
    this.#log("info", "Stopping");
    const wait = this.#running?.config.global.childWaitTimeMicros ?? 5 * SECOND;
    this.#children.stop(wait, () => void this.#end(status));
  }

  /** After the children's end: lets scripts finish, restores settings, and exits. */
  async #end(status: number): Promise<void> {
    const global = this.#running?.config.global;
    await this.#scripts?.finish(STOP_SCRIPTS_MICROS);
    const timeoutMicros = global?.shutdownScriptTimeoutMicros ?? 0;
    await this.#runOnce("shutdown", global?.shutdownScript, timeoutMicros);
    this.#scripts?.close();
    this.#promoteSecondaries.restore();
    this.#pidFiles?.release();
    const { options, holdfastVersion } = this.#given;
    if (options.logDetail > 0) {
      this.#log("info", cpuUsageLine(cpuUsage("self"), cpuUsage("children")));
    }
    this.#log("info", `Stopped Keepalived ${versionText(holdfastVersion)}`);
    this.#exit(status);
  }

  /** Writes the last log lines, then ends the process. */
  #exit(status: number): void {
    this.#children.discardEarly();
    this.#openLog.close();
    this.#given.exit(status);
  }

  #runOnce(
    type: "startup" | "shutdown",
    command: Command | undefined,
    timeoutMicros: Micros,
  ): Promise<void> {
    if (command === undefined || this.#scripts === undefined) return Promise.resolve();
    return this.#scripts.runOnce(type, command, timeoutMicros);
  }
}

/** keepalived's line on the parent and its children. */
function cpuUsageLine(own: CpuUsage, children: CpuUsage): string {
  const user = `${secondsText(own.userMicros)}/${secondsText(children.userMicros)}`;
  const system = `${secondsText(own.systemMicros)}/${secondsText(children.systemMicros)}`;
  return `CPU usage (self/children) user: ${user} system: ${system}`;
}
