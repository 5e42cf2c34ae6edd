// The parent's side of the vrrp child: starts it, hands on its orders, sees it die or freeze, and has it resumed or
// cleaned up behind.

import type { Config, InstanceConfig, VirtualAddress } from "../config/config.ts";
import { peersWait } from "../config/lease.ts";
import type { Log } from "../lib/log.ts";
import { MILLISECOND, type Micros, SECOND } from "../lib/micros.ts";
import { boottime } from "../os/clock.ts";
import { isProcessStopped } from "../os/process-control.ts";
import { hurry } from "../os/scheduling.ts";
import { onSignal } from "../os/signal.ts";
import { type Child, type ChildEnd, inheritedFd, startChild } from "./child.ts";
import { cleanUp, type LostInstance } from "./clean-up.ts";
import { type PermanentError, permanentError } from "./exit-code.ts";
import type { LogSettings, Order, ReceiverDescriptor, Report } from "./ipc.ts";
import { KeptReceivers } from "./kept-receivers.ts";
import type { RecordFile } from "./record.ts";
import { RespawnPolicy } from "./respawn.ts";
import { longestStop, Standstill } from "./standstill.ts";
import { Watchdog } from "./watchdog.ts";

/** FENCING, resume: promised where three adverts take at least this long. */
const SHORTEST_RESUMABLE_WAIT_MICROS = 500 * MILLISECOND;
/** A process that takes longer than this to start will not. */
const LONGEST_START_MICROS = 30 * SECOND;
/** Peers' timers may run ahead of ours by this when a resumed child must be ready. */
const RESUME_MARGIN_MICROS = 100 * MILLISECOND;

export interface SupervisorOptions {
  readonly programName: string;
  readonly logSettings: LogSettings;
  /** A daemon in the background must not hold on to the terminal of whoever started it, nor may its child. */
  readonly background: boolean;
  readonly keepAddresses: boolean;
  /** False with -R: a dead child ends the daemon. */
  readonly respawn: boolean;
  readonly log: Log;
  /** The memory file that `records` lies in. */
  readonly memoryFd: number;
  readonly records: RecordFile;
  /** Reports that are not the supervisor's own affair: scripts, notifications, interfaces. */
  readonly onReport: (report: Report) => void;
  readonly onStarted: (pid: number) => void;
  /** A child does its work: after its start, and after each new one's. */
  readonly onReady: () => void;
  /** The daemon can't go on: a permanent error, or a death under -R with `status`. */
  readonly onGivenUp: (permanent: PermanentError | undefined, status: number | null) => void;
}

interface RecordedInstance extends LostInstance {
  readonly index: number;
}

/** Owns the vrrp child of one daemon. */
export class VrrpSupervisor {
  readonly #options: SupervisorOptions;
  readonly #policy = new RespawnPolicy();
  readonly #receivers: KeptReceivers;
  #config: Config;
  /** The configuration before the last reload, until the child has taken the new one. */
  #formerConfig: Config | undefined;
  #generation = 1;
  #child: Child | undefined;
  #watchdogTimer: NodeJS.Timeout | undefined;
  #standstill: Standstill | undefined;
  #respawnTimer: NodeJS.Timeout | undefined;
  #startTimer: NodeJS.Timeout | undefined;
  #stopTimer: NodeJS.Timeout | undefined;
  /** The child does its work, and can stop in order. */
  #isReady = false;
  /** The child said that it has released everything. */
  #hasReleased = false;
  #onStopped: (() => void) | undefined;
  #onReloaded: ((isDone: boolean) => void) | undefined;

  constructor(config: Config, options: SupervisorOptions) {
    this.#config = config;
    this.#options = options;
    this.#receivers = new KeptReceivers(options.log);
    onSignal("SIGCHLD", () => this.#standstill?.look());
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    this.#spawn(false);
  }

  /**
   * Hands `config` to the child; `onReloaded` is called once it runs with it, or has died so often that the next one
   * has to wait. Where it waits already, a new configuration is reason enough to start it now.
   */
  reload(config: Config, onReloaded: (isDone: boolean) => void): void {
    this.#formerConfig = this.#config;
    this.#config = config;
    this.#generation++;
    this.#onReloaded = onReloaded;
    if (this.#child === undefined) {
      clearTimeout(this.#respawnTimer);
      this.#spawn(false);
      return;
    }
    this.#child.tell(this.#reloadOrder());
  }

  #reloadOrder(): Order {
    return { kind: "reload", config: this.#config, generation: this.#generation };
  }

  tell(order: Order): void {
    this.#child?.tell(order);
  }

  /**
   * Ends the child in order and calls `onStopped` when it is gone; after `waitMicros` it is killed and cleaned up
   * behind.
   */
  stop(waitMicros: Micros, onStopped: () => void): void {
    this.#onStopped = onStopped;
    clearTimeout(this.#respawnTimer);
    // One that is stopped by a signal cannot stop in order: that watch goes on.
    clearTimeout(this.#watchdogTimer);
    clearTimeout(this.#startTimer);
    const child = this.#child;
    if (child === undefined) {
      onStopped();
      return;
    }
    if (!this.#isReady) {
      // It has done nothing yet; what the one before it held is cleaned up behind.
      child.kill("SIGKILL");
      return;
    }
    child.kill("SIGTERM");
    // A stopped process takes SIGTERM only once it runs on.
    this.#stopTimer = setTimeout(() => {
      this.#options.log(
        "warning",
        `vrrp child process(${child.pid}) did not stop in time: killing`,
      );
      child.kill("SIGKILL");
    }, waitMicros / MILLISECOND);
  }

  #spawn(resume: boolean): void {
    const { memoryFd, records } = this.#options;
    if (!resume) records.begin(this.#generation);
    const kept = resume ? this.#receivers.list() : [];
    this.#isReady = false;
    this.#hasReleased = false;
    const child: Child | undefined = startChild({
      role: "vrrp",
      programName: this.#options.programName,
      inheritsOutput: !this.#options.background,
      descriptors: [memoryFd, ...kept.map((receiver) => receiver.fd)],
      onReport: (report) => this.#handleReport(child, report),
      onFailed: (reason) => this.#handleFailure(reason),
      onEnd: (end) => this.#handleEnd(child, end),
      onGarbage: () => {
        this.#options.log("error", "vrrp child process sent what is no report: killing it");
        child?.kill("SIGKILL");
      },
    });
    this.#child = child;
    if (child === undefined) return;
    // On a busy machine a start takes four times as long as on an idle one, and the leases do not wait.
    if (resume) hurry(child.pid);
    // It goes on with the configuration that the records are of, and is reloaded then.
    const isFormer = this.#recordedConfig() === this.#formerConfig;
    if (!isFormer) this.#formerConfig = undefined;
    this.#options.log("info", `Starting VRRP child process, pid=${child.pid}`);
    child.tell({
      kind: "start",
      config: this.#recordedConfig(),
      generation: records.generation,
      log: this.#options.logSettings,
      keepAddresses: this.#options.keepAddresses,
      resume,
      receivers: kept.map((receiver, position): ReceiverDescriptor => {
        return { ...receiver, fd: inheritedFd(position + 1) };
      }),
    });
    if (isFormer) child.tell(this.#reloadOrder());
    this.#limitStart(child, resume ? this.#resumeLimit() : LONGEST_START_MICROS);
    this.#options.onStarted(child.pid);
  }

  /** How long a child that resumes may take to be ready: as long as peers still wait. */
  #resumeLimit(): Micros {
    const ends = this.#recorded().flatMap(({ instance, record }) => {
      if (record?.active !== true) return [];
      const { lastAdvertAt, advertisementIntervalMicros: interval } = record;
      return [lastAdvertAt + peersWait(interval, instance.downTimerAdverts) - RESUME_MARGIN_MICROS];
    });
    if (ends.length === 0) return LONGEST_START_MICROS;
    return Math.max(0, Math.min(...ends) - boottime());
  }

  /** A child that is not ready in time is killed; the death after it is handled as any other. */
  #limitStart(child: Child, limitMicros: Micros): void {
    this.#startTimer = setTimeout(() => {
      this.#options.log(
        "warning",
        `vrrp child process(${child.pid}) is too slow to start: killing`,
      );
      // First, so that it sets nothing anew behind the clean-up.
      child.kill("SIGKILL");
      this.#cleanUp(() => true);
    }, limitMicros / MILLISECOND);
  }

  #handleReport(child: Child | undefined, report: Report): void {
    if (child === undefined || child !== this.#child) return;
    switch (report.kind) {
      case "ready":
        this.#isReady = true;
        this.#startWatch(child);
        // One that was started in the middle of a reload has read the new configuration; one before it, not yet.
        if (report.generation === this.#generation) this.#endReload(true);
        this.#options.onReady();
        break;
      case "reloaded":
        if (report.generation !== this.#generation) return;
        this.#startWatch(child);
        this.#endReload(true);
        break;
      case "stopped":
        this.#hasReleased = true;
        break;
      case "receivers":
        this.#receivers.take(child.pid, report.receivers);
        break;
      default:
        this.#options.onReport(report);
    }
  }

  #endReload(isDone: boolean): void {
    this.#formerConfig = undefined;
    const onReloaded = this.#onReloaded;
    this.#onReloaded = undefined;
    onReloaded?.(isDone);
  }

  #startWatch(child: Child): void {
    this.#endWatch();
    if (this.#onStopped !== undefined) return;
    const shortest = Math.min(
      ...this.#config.instances.map((entry) => entry.advertIntMicros),
      SECOND,
    );
    const kill = (what: string): void => {
      this.#endWatch();
      this.#options.log("error", `vrrp child process(${child.pid}) ${what}: killing it`);
      child.kill("SIGKILL");
    };
    this.#standstill = new Standstill({
      limitMicros: longestStop(shortest),
      now: boottime,
      isStopped: () => isStopped(child.pid),
      onStandstill: () => kill("is stopped"),
    });
    const watchdog = new Watchdog(shortest, boottime());
    const look = (): void => {
      const wait = watchdog.look(boottime(), this.#options.records.heartbeatAt);
      if (wait !== undefined) {
        this.#watchdogTimer = setTimeout(look, wait / MILLISECOND);
        return;
      }
      kill("does not answer");
    };
    look();
  }

  #endWatch(): void {
    this.#standstill?.end();
    this.#standstill = undefined;
    clearTimeout(this.#watchdogTimer);
    clearTimeout(this.#startTimer);
  }

  /** There is no child to be had at this moment: nobody goes on where the last one was. */
  #handleFailure(reason: string): void {
    this.#options.log("error", `Cannot start the VRRP child process: ${reason}`);
    this.#cleanUp(() => true);
    this.#receivers.close();
    this.#startLater(this.#policy.delay());
  }

  #startLater(delayMicros: Micros): void {
    this.#options.log(
      "info",
      `Restart of VRRP process delayed ${delayMicros / SECOND} seconds to limit respawn rate`,
    );
    this.#respawnTimer = setTimeout(() => this.#spawn(false), delayMicros / MILLISECOND);
    // It may be the new configuration that the last one died of: another one must be let in.
    this.#endReload(false);
  }

  #handleEnd(child: Child | undefined, end: ChildEnd): void {
    if (child === undefined || child !== this.#child) return;
    this.#child = undefined;
    this.#endWatch();
    clearTimeout(this.#stopTimer);
    const { log } = this.#options;
    if (this.#onStopped !== undefined) {
      // One that was only starting has released nothing of what the one before it held.
      if (!this.#hasReleased) this.#cleanUpAll();
      this.#receivers.close();
      this.#onStopped();
      return;
    }
    const permanent = permanentError(end.status);
    if (permanent !== undefined || !this.#options.respawn) {
      this.#cleanUpAll();
      this.#receivers.close();
      this.#options.onGivenUp(permanent, end.status);
      return;
    }
    const cause = end.signal === null ? `with status ${end.status}` : `due to signal ${end.signal}`;
    log("error", `VRRP child process(${child.pid}) exited ${cause}`);
    log("error", `VRRP child process(${child.pid}) died: Respawning`);
    const plan = this.#policy.plan(child.startedAt, boottime());
    const { resume } = plan;
    this.#cleanUp((instance) => !resume || !isResumable(instance));
    this.#cleanUpFormer();
    if (!resume) this.#receivers.close();
    const { delayMicros } = plan;
    if (delayMicros === 0) {
      this.#spawn(resume);
      return;
    }
    this.#startLater(delayMicros);
  }

  /** The instances that the records speak of, with what they say. */
  #recorded(): RecordedInstance[] {
    const { records } = this.#options;
    return this.#recordedConfig().instances.map((instance, index) => {
      return { instance, index, record: records.read(index) };
    });
  }

  /** The configuration that the records are of: the last one until the child has begun to take a new one. */
  #recordedConfig(): Config {
    const isFormer = this.#options.records.generation === this.#generation - 1;
    return (isFormer ? this.#formerConfig : undefined) ?? this.#config;
  }

  /** In the middle of a reload: what only the configuration before speaks of, nobody else would take away. */
  #cleanUpFormer(): void {
    const former = this.#formerConfig;
    if (former === undefined || this.#recordedConfig() === former) return;
    const kept = new Set(this.#config.instances.flatMap(addressesOf).map(addressText));
    const lost = former.instances.map((instance) => {
      const isGone = (entry: VirtualAddress): boolean => !kept.has(addressText(entry));
      const addresses = instance.addresses.filter(isGone);
      const excludedAddresses = instance.excludedAddresses.filter(isGone);
      return { instance: { ...instance, addresses, excludedAddresses }, record: undefined };
    });
    this.#tryCleanUp(former, lost);
  }

  #cleanUpAll(): void {
    this.#cleanUp(() => true);
    this.#cleanUpFormer();
  }

  #tryCleanUp(config: Config, lost: readonly LostInstance[]): void {
    const { log } = this.#options;
    try {
      cleanUp(config, lost, log);
    } catch (error) {
      log("error", `Cannot clean up behind the vrrp child: ${(error as Error).message}`);
    }
  }

  /** Takes out of the kernel what the dead child held for those instances that `isLost` says, and tells their peers. */
  #cleanUp(isLost: (instance: InstanceConfig) => boolean): void {
    const { records } = this.#options;
    const lost = this.#recorded().filter(({ instance }) => isLost(instance));
    this.#tryCleanUp(this.#recordedConfig(), lost);
    for (const { index, record } of lost) {
      if (record !== undefined) records.write(index, { ...record, active: false });
    }
  }
}

/** What cannot be found out at this moment is left to the heartbeat. */
function isStopped(pid: number): boolean {
  try {
    return isProcessStopped(pid);
  } catch {
    return false;
  }
}

function isResumable(instance: InstanceConfig): boolean {
  return 3 * instance.advertIntMicros >= SHORTEST_RESUMABLE_WAIT_MICROS;
}

function addressesOf(instance: InstanceConfig): VirtualAddress[] {
  return [...instance.addresses, ...instance.excludedAddresses];
}

function addressText({ interface: name, address, prefixLength }: VirtualAddress): string {
  return `${name} ${address}/${prefixLength}`;
}
