// The parent process: reads the configuration, starts and watches the vrrp child, runs scripts for it, and answers
// signals.

import { release, type, version } from "node:os";
import type { Options } from "../cli/options.ts";
import { checkStart, startFacts, startNeeds } from "../cli/start-checks.ts";
import { versionText } from "../cli/version.ts";
import { type Config, vrrpPart } from "../config/config.ts";
import { type Diagnostic, refusals } from "../config/diagnostic/diagnostic.ts";
import { diffConfigs, reloadObstacles } from "../config/diff.ts";
import { renderDifference } from "../config/render-difference.ts";
import { counted } from "../lib/counted.ts";
import type { Log } from "../lib/log.ts";
import { type Micros, SECOND, secondsText } from "../lib/micros.ts";
import type { Command } from "../lib/script.ts";
import type { OpenLog } from "../os/log/log.ts";
import { enterNetworkNamespace } from "../os/net/netns.ts";
import { type CpuUsage, cpuUsage } from "../os/process/cpu-usage.ts";
import { createMemoryFile, mapMemoryFile } from "../os/process/memory-file.ts";
import { EXIT_CONFIG, EXIT_FATAL, EXIT_OK, type PermanentError } from "../process/exit-code.ts";
import type { Report } from "../process/ipc.ts";
import { type LogSettings, openProcessLog } from "../process/process-log.ts";
import { nameProcess } from "../process/process-settings.ts";
import { RECORD_FILE_OCTETS, RecordFile } from "../process/record.ts";
import { stackText } from "../process/stack-text.ts";
import {
  diagnosticsOf,
  type LoadedConfig,
  logFiles,
  logFindings,
  readRequest,
  startRefusals,
} from "../processes/config-reader/load-config.ts";
import { dumpLine, writeParentDump } from "../processes/vrrp/dump.ts";
import { renderConfig } from "../status/config-text.ts";
import { type Reading, startReading } from "./config-reader.ts";
import { endFormerChild, RECORD_FILE_NAME } from "./former-child.ts";
import { PidFiles } from "./pid-files.ts";
import { PromoteSecondaries } from "./promote-secondaries.ts";
import { ScriptService } from "./script-service.ts";
import type { SignalQueue, SignalRequest } from "./signals.ts";
import { VrrpSupervisor } from "./vrrp-supervisor.ts";

/** Notifications of the end, and the ends of tracked scripts, may take this long. */
const STOP_SCRIPTS_MICROS: Micros = SECOND;

export interface ParentOptions {
  readonly options: Options;
  readonly programName: string;
  /** The path of what was started. */
  readonly startedAs: string;
  /** The file that its other processes are started from. */
  readonly main: string;
  readonly holdfastVersion: string;
  readonly signals: SignalQueue;
  /** Called once, when the daemon runs. */
  readonly onStarted: () => void;
  /** Ends the process; nothing is left to be done. */
  readonly exit: (status: number) => void;
}

/** The life of a daemon: `start`, then whatever signals ask for, to the end. */
export class Parent {
  readonly #given: ParentOptions;
  #openLog: OpenLog;
  #config: Config | undefined;
  /** What is wrong with `#config`, and known. */
  #diagnostics: readonly Diagnostic[] = [];
  #reading: Reading | undefined;
  #pidFiles: PidFiles | undefined;
  #supervisor: VrrpSupervisor | undefined;
  #scripts: ScriptService | undefined;
  #promoteSecondaries: PromoteSecondaries | undefined;
  #isStarted = false;
  #isStopping = false;

  constructor(given: ParentOptions) {
    this.#given = given;
    this.#openLog = openProcessLog("Keepalived", this.#logSettings(""));
    // Whoever started the daemon may be gone before it has read why nothing comes of it.
    process.stderr.on("error", () => undefined);
  }

  /** A bug in this process: it says so and ends, and the children, seeing it gone, stop in order. */
  fail(error: unknown, status: number): void {
    for (const line of stackText(error).split("\n")) this.#log("error", line);
    this.#exit(status);
  }

  /** Starts the daemon, or ends it with the exit status that says why not. */
  async start(): Promise<void> {
    const { options } = this.#given;
    this.#introduce();
    const loaded = await this.#loadInNamespace();
    if (loaded === undefined) return this.#exit(EXIT_FATAL);
    await logFindings(loaded, this.#log);
    const refused = startRefusals(loaded);
    const { config } = loaded;
    if (config === undefined || refused.length > 0) {
      this.#log("error", `Not starting: the configuration has ${counted(refused.length, "error")}`);
      return this.#exit(EXIT_CONFIG);
    }
    const obstacle = this.#checkStart(config);
    if (obstacle !== undefined) return this.#exit(obstacle);
    this.#adopt(loaded, config);
    if (options.dumpConfig) for (const line of renderConfig(config)) this.#log("info", line);
    this.#pidFiles = new PidFiles(options, config.global, this.#log);
    const taken = this.#pidFiles.takeParent();
    if (taken === "running") this.#log("error", "daemon is already running");
    // keepalived's own answer: what was asked for is so.
    if (taken !== "taken") return this.#exit(taken === "running" ? EXIT_OK : EXIT_FATAL);
    // A stop does not wait for the startup script; everything else waits until the daemon runs.
    this.#given.signals.hold("all");
    this.#given.signals.open((request) => this.#obey(request));
    const former = this.#pidFiles.formerVrrp();
    if (former !== undefined) await endFormerChild(former, this.#log);
    process.umask(options.umask ?? config.global.umask);
    const { startupScript, startupScriptTimeoutMicros } = config.global;
    if (!this.#isStopping) {
      await this.#runOnce("startup", startupScript, startupScriptTimeoutMicros);
    }
    if (this.#isStopping) return;
    this.#startVrrp(config);
    this.#log("info", "Startup complete");
    if (this.#supervisor === undefined) this.#tellStarted();
    this.#given.signals.release();
  }

  readonly #log: Log = (level, text) => {
    this.#openLog.log(level, text);
    // Whoever starts a daemon wants to know why nothing comes of it, also where no log daemon listens.
    const isShown = this.#logSettings("").console;
    if (!isShown && !this.#isStarted && level === "error") process.stderr.write(`${text}\n`);
  };

  /** The daemon does what it should; in the background whoever started it is let go. */
  #tellStarted(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#given.onStarted();
  }

  #logSettings(suffix: string): LogSettings {
    const { foreground, logConsole, logSyslog, logFacility, logDetail } = this.#given.options;
    return {
      console: foreground && logConsole,
      syslog: logSyslog,
      facility: logFacility,
      detail: logDetail > 0,
      suffix,
    };
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

  /** Reads the configuration in the network namespace that the command line, or it, names; undefined without it. */
  async #loadInNamespace(): Promise<LoadedConfig | undefined> {
    const { options } = this.#given;
    if (options.netNamespace !== undefined && !this.#enter(options.netNamespace)) return undefined;
    const loaded = await this.#load();
    const configured = loaded?.config?.global.netNamespace;
    if (options.netNamespace !== undefined || configured === undefined) return loaded;
    // Which interfaces there are is different in there.
    return this.#enter(configured) ? this.#load() : undefined;
  }

  /** Reads the configuration; undefined where that failed, as the log says, or a stop came in between. */
  async #load(): Promise<LoadedConfig | undefined> {
    const { options, programName, main } = this.#given;
    const request = readRequest(options);
    this.#reading = startReading(request, programName, main);
    try {
      const loaded = await this.#reading.result;
      logFiles(request.path, loaded, this.#log, options.logDetail > 0);
      return loaded;
    } catch (error) {
      const reason = (error as Error).message;
      if (!this.#isStopping) this.#log("error", `The configuration cannot be read: ${reason}`);
      return undefined;
    } finally {
      this.#reading = undefined;
    }
  }

  #enter(netNamespace: string): boolean {
    try {
      enterNetworkNamespace(netNamespace);
      return true;
    } catch (error) {
      const reason = (error as Error).message;
      this.#log("error", `Cannot enter the network namespace ${netNamespace}: ${reason}`);
      return false;
    }
  }

  /** Says what this process lacks for `config`; an exit status when it must not start. */
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

  /** Makes everything that outlives a child, for a configuration that will run. */
  #adopt(loaded: LoadedConfig, config: Config): void {
    this.#diagnostics = diagnosticsOf(loaded);
    this.#config = config;
    const suffix = this.#logSuffix(config);
    if (suffix !== "") {
      this.#openLog.close();
      this.#openLog = openProcessLog("Keepalived", this.#logSettings(suffix));
    }
    nameProcess(this.#given.programName, undefined, config.global.processName);
    this.#promoteSecondaries = new PromoteSecondaries(this.#log);
    this.#scripts = new ScriptService(vrrpPart(config), this.#log, this.#given.options);
  }

  #startVrrp(config: Config): void {
    const { options, programName, main } = this.#given;
    const isWanted = config.vrrp.instances.length > 0 || options.runAll;
    if (!options.subsystems.vrrp || !isWanted || this.#supervisor !== undefined) {
      if (this.#supervisor === undefined) this.#log("warning", "Nothing is configured to run");
      return;
    }
    const memoryFd = createMemoryFile(RECORD_FILE_NAME, RECORD_FILE_OCTETS);
    this.#supervisor = new VrrpSupervisor(vrrpPart(config), {
      programName,
      main,
      logSettings: this.#logSettings(this.#logSuffix(config)),
      background: !options.foreground,
      keepAddresses: options.keepAddresses,
      respawn: options.respawn,
      log: this.#log,
      memoryFd,
      records: new RecordFile(mapMemoryFile(memoryFd, RECORD_FILE_OCTETS)),
      onReport: (report) => this.#handleReport(report),
      onStarted: (pid) => this.#pidFiles?.writeVrrp(pid),
      onReady: () => this.#tellStarted(),
      onGivenUp: (permanent, status) => this.#giveUp(permanent, status),
    });
    this.#supervisor.start();
  }

  #handleReport(report: Report): void {
    switch (report.kind) {
      case "runScript": {
        const { script, run } = report;
        this.#scripts?.runTracked(script, (outcome) => {
          this.#supervisor?.tell({ kind: "scriptEnded", script, run, outcome });
        });
        break;
      }
      case "notify":
        for (const notification of report.notifications) this.#scripts?.notify(notification);
        break;
      case "leasedInterface":
        if (this.#config?.global.vipLease !== "off") {
          this.#promoteSecondaries?.require(report.interface);
        }
        break;
      default:
        break;
    }
  }

  #obey(request: SignalRequest): void {
    switch (request) {
      case "reload":
        void this.#reload();
        break;
      case "stop":
        this.#stop(EXIT_OK);
        break;
      default:
        if (request === "data") this.#dump();
        this.#supervisor?.tell({ kind: "dump", dump: request });
    }
  }

  #dump(): void {
    if (this.#config === undefined) return;
    this.#log("info", dumpLine("parent", process.pid));
    try {
      this.#log("info", `Written to ${writeParentDump(this.#config)}`);
    } catch (error) {
      this.#log("error", `Cannot write the dump: ${(error as Error).message}`);
    }
  }

  /** Takes a new configuration when nothing speaks against it; else says what, and everything stays as it is. */
  async #reload(): Promise<void> {
    const { signals } = this.#given;
    if (this.#config === undefined || this.#isStopping) return;
    this.#log("info", "Reloading ...");
    signals.hold("reloads");
    const loaded = await this.#load();
    if (loaded !== undefined) await logFindings(loaded, this.#log);
    if (this.#isStopping) return;
    const config = this.#acceptable(loaded);
    if (config !== undefined && loaded !== undefined) this.#apply(config, diagnosticsOf(loaded));
    else signals.release();
  }

  /** The configuration of `loaded` when a reload may take it; else logs why not. */
  #acceptable(loaded: LoadedConfig | undefined): Config | undefined {
    const running = this.#config;
    if (loaded === undefined || running === undefined) {
      this.#log("error", "Reload refused: the running configuration stays in force");
      return undefined;
    }
    const { config } = loaded;
    const refused = refusals(diagnosticsOf(loaded), this.#diagnostics);
    if (config === undefined || refused.length > 0) {
      const errors = counted(refused.length, "new error");
      this.#log("error", `Reload refused: ${errors}. The running configuration stays in force`);
      return undefined;
    }
    const obstacles = reloadObstacles(running.global, config.global);
    for (const obstacle of obstacles) this.#log("error", `Cannot change ${obstacle} at a reload`);
    if (obstacles.length === 0) return config;
    this.#log("error", "Reload refused. The running configuration stays in force");
    return undefined;
  }

  /** Goes on with `config`. */
  #apply(config: Config, diagnostics: readonly Diagnostic[]): void {
    const { signals } = this.#given;
    const before = this.#config ?? config;
    const changes = renderDifference(diffConfigs(before, config));
    for (const line of changes) this.#log("info", `Reload: ${line}`);
    this.#diagnostics = diagnostics;
    this.#config = config;
    this.#scripts?.configure(vrrpPart(config));
    if (this.#supervisor === undefined) {
      this.#startVrrp(config);
      this.#log("info", "Reload complete");
      signals.release();
      return;
    }
    // Requests wait until the child runs with it: two reloads at once would be one too many.
    signals.hold("all");
    this.#supervisor.reload(vrrpPart(config), (isDone) => {
      if (isDone) this.#log("info", "Reload complete");
      else
        this.#log(
          "error",
          "Reload not complete: the vrrp process died of it, and will be tried again",
        );
      signals.release();
    });
  }

  #giveUp(permanent: PermanentError | undefined, status: number | null): void {
    if (permanent !== undefined) {
      const { name } = permanent;
      this.#log("error", `Keepalived_vrrp exited with permanent error ${name}. Terminating`);
    }
    this.#supervisor = undefined;
    this.#stop(permanent?.exitStatus ?? (status || EXIT_FATAL));
  }

  #stop(status: number): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#reading?.abandon();
    this.#log("info", "Stopping");
    const end = (): void => void this.#end(status);
    const wait = this.#config?.global.childWaitTimeMicros ?? 5 * SECOND;
    if (this.#supervisor === undefined) end();
    else this.#supervisor.stop(wait, end);
  }

  /** The child is gone: scripts finish, and what was changed outside is put back. */
  async #end(status: number): Promise<void> {
    const global = this.#config?.global;
    await this.#scripts?.finish(STOP_SCRIPTS_MICROS);
    const timeoutMicros = global?.shutdownScriptTimeoutMicros ?? 0;
    await this.#runOnce("shutdown", global?.shutdownScript, timeoutMicros);
    this.#scripts?.close();
    this.#promoteSecondaries?.restore();
    this.#pidFiles?.release();
    const { options, holdfastVersion } = this.#given;
    if (options.logDetail > 0) {
      this.#log("info", cpuUsageLine(cpuUsage("self"), cpuUsage("children")));
    }
    this.#log("info", `Stopped Keepalived ${versionText(holdfastVersion)}`);
    this.#exit(status);
  }

  /** The log's last lines leave, then the process ends. */
  #exit(status: number): void {
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

/** keepalived's line on the parent and all that it started. */
function cpuUsageLine(own: CpuUsage, children: CpuUsage): string {
  const user = `${secondsText(own.userMicros)}/${secondsText(children.userMicros)}`;
  const system = `${secondsText(own.systemMicros)}/${secondsText(children.systemMicros)}`;
  return `CPU usage (self/children) user: ${user} system: ${system}`;
}
