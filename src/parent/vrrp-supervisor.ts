// The parent's side of the vrrp child: starts it, hands on its orders, sees it die or freeze, and has it resumed or
// cleaned up behind.

import type { VrrpPart } from "../config/config.ts";
import { counted } from "../lib/counted.ts";
import type { Log } from "../lib/log.ts";
import { MILLISECOND, type Micros, SECOND, timerMillis } from "../lib/micros.ts";
import { boottime } from "../os/loop/clock.ts";
import { isProcessStopped } from "../os/process/process-control.ts";
import { boostPriority } from "../os/process/scheduling.ts";
import { onSignal } from "../os/process/signal.ts";
import { inheritedFd } from "../process/child-start.ts";
import { type PermanentError, permanentError } from "../process/exit-code.ts";
import type { Order, ReceiverDescriptor, Report } from "../process/ipc.ts";
import type { LogSettings } from "../process/process-log.ts";
import type { RecordFile } from "../process/record.ts";
import { shortestPeersWait, Watchdog } from "../process/watchdog.ts";
import { type Child, type ChildEnd, startChild } from "./child.ts";
import { KeptReceivers } from "./kept-receivers.ts";
import { KilledChild } from "./killed-child.ts";
import { type RecordedInstance, RecordedState, resumeDeadline } from "./recorded-state.ts";
import { type Respawn, RespawnPolicy } from "./respawn.ts";
import { longestStop, Standstill } from "./standstill.ts";

/** A process that takes longer than this to start will not. */
const LONGEST_START_MICROS = 30 * SECOND;
/** A process needs at least this long to start and to resume. */
const SHORTEST_START_MICROS: Micros = 100 * MILLISECOND;
/** Killed processes that do not end take memory: with this many of them no other is started. */
const MOST_ABANDONED = 3;

export interface SupervisorOptions {
  readonly programName: string;
  /** The file that a child is started from. */
  readonly main: string;
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

/** What was decided when the child was killed. */
interface Killed {
  readonly child: KilledChild<RecordedInstance>;
  readonly plan: Respawn;
}

/** Owns the vrrp child of one daemon. */
export class VrrpSupervisor {
  readonly #options: SupervisorOptions;
  readonly #policy = new RespawnPolicy();
  readonly #receivers: KeptReceivers;
  readonly #state: RecordedState;
  #child: Child | undefined;
  /** Set once the child was sent SIGKILL. */
  #killed: Killed | undefined;
  /** Killed children that have not ended and are no longer waited for. */
  readonly #abandoned = new Set<Child>();
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

  constructor(config: VrrpPart, options: SupervisorOptions) {
    this.#options = options;
    this.#state = new RecordedState(config, options.records, options.log);
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
  reload(config: VrrpPart, onReloaded: (isDone: boolean) => void): void {
    this.#state.reload(config);
    this.#onReloaded = onReloaded;
    if (this.#child === undefined) {
      clearTimeout(this.#respawnTimer);
      this.#startAfter(0, false);
      return;
    }
    this.#child.tell(this.#reloadOrder());
  }

  #reloadOrder(): Order {
    const { config, generation } = this.#state;
    return { kind: "reload", config, generation };
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
    // The watch goes on: a child that stands still cannot stop in order.
    clearTimeout(this.#startTimer);
    const child = this.#child;
    if (child === undefined) {
      onStopped();
      return;
    }
    if (this.#killed !== undefined) {
      this.#killed.child.loseAll();
      return;
    }
    if (!this.#isReady) {
      // It has done nothing yet; what the one before it held is cleaned up behind.
      this.#kill(child);
      return;
    }
    child.kill("SIGTERM");
    // A stopped process takes SIGTERM only once it runs on.
    this.#stopTimer = setTimeout(() => {
      this.#options.log(
        "warning",
        `vrrp child process(${child.pid}) did not stop in time: killing`,
      );
      this.#kill(child);
    }, timerMillis(waitMicros));
  }

  #spawn(resume: boolean): void {
    const { memoryFd, records } = this.#options;
    if (!resume) this.#state.begin();
    const kept = resume ? this.#receivers.list() : [];
    this.#isReady = false;
    this.#hasReleased = false;
    const child: Child | undefined = startChild({
      main: this.#options.main,
      role: "vrrp",
      programName: this.#options.programName,
      inheritsOutput: !this.#options.background,
      descriptors: [memoryFd, ...kept.map((receiver) => receiver.fd)],
      onReport: (report) => this.#handleReport(child, report),
      onFailed: (reason) => this.#handleFailure(reason),
      onEnd: (end) => this.#handleEnd(child, end),
      onGarbage: () => {
        this.#options.log("error", "vrrp child process sent what is no report: killing it");
        if (child !== undefined && child === this.#child) this.#kill(child);
      },
    });
    this.#child = child;
    if (child === undefined) return;
    // On a busy machine a start takes four times as long as on an idle one, and the leases do not wait.
    if (resume) boostPriority(child.pid);
    // It goes on with the configuration that the records are of, and is reloaded then.
    const { isBehind } = this.#state;
    if (!isBehind) this.#state.settle();
    this.#options.log("info", `Starting VRRP child process, pid=${child.pid}`);
    child.tell({
      kind: "start",
      config: this.#state.recordedConfig,
      generation: records.generation,
      log: this.#options.logSettings,
      keepAddresses: this.#options.keepAddresses,
      resume,
      receivers: kept.map((receiver, position): ReceiverDescriptor => {
        return { ...receiver, fd: inheritedFd(position + 1) };
      }),
    });
    if (isBehind) child.tell(this.#reloadOrder());
    this.#limitStart(child, resume ? this.#resumeLimit() : LONGEST_START_MICROS);
    this.#options.onStarted(child.pid);
  }

  /** How long a child that resumes may take to be ready: as long as peers still wait. */
  #resumeLimit(): Micros {
    const deadlines = this.#state.list().flatMap((recorded) => resumeDeadline(recorded) ?? []);
    if (deadlines.length === 0) return LONGEST_START_MICROS;
    return Math.max(0, Math.min(...deadlines) - boottime());
  }

  /** Kills a child that is not ready in time. */
  #limitStart(child: Child, limitMicros: Micros): void {
    this.#startTimer = setTimeout(() => {
      this.#options.log(
        "warning",
        `vrrp child process(${child.pid}) is too slow to start: killing`,
      );
      this.#kill(child);
      this.#killed?.child.loseAll();
    }, timerMillis(limitMicros));
  }

  /**
   * Sends SIGKILL, and cleans up behind each instance as soon as it cannot be resumed any more: at once, or when the
   * child has not ended in time for another one to start.
   */
  #kill(child: Child): void {
    // First, so that the child sets nothing anew behind the clean-up.
    child.kill("SIGKILL");
    if (this.#killed !== undefined) return;
    this.#endWatch();
    clearTimeout(this.#stopTimer);
    const plan = this.#planAfter(child);
    const until = (recorded: RecordedInstance): Micros | undefined => {
      const deadline = plan.resume ? resumeDeadline(recorded) : undefined;
      return deadline === undefined ? undefined : deadline - SHORTEST_START_MICROS;
    };
    this.#killed = {
      plan,
      child: new KilledChild({
        resumableUntil: new Map(this.#state.list().map((entry) => [entry, until(entry)])),
        now: boottime,
        onLost: (lost) => this.#state.cleanUp(lost),
        onAbandoned: () => this.#abandon(child, plan),
      }),
    };
  }

  #planAfter(child: Child): Respawn {
    if (this.#onStopped !== undefined || !this.#options.respawn) {
      return { resume: false, delayMicros: 0 };
    }
    return this.#policy.plan(child.startedAt, boottime());
  }

  /** A killed child never runs on, so that another one can take its place while the kernel still holds it. */
  #abandon(child: Child, plan: Respawn): void {
    const { log } = this.#options;
    log(
      "error",
      `VRRP child process(${child.pid}) has not ended after SIGKILL: not waiting for it`,
    );
    this.#child = undefined;
    this.#killed = undefined;
    this.#abandoned.add(child);
    this.#state.cleanUpFormer();
    this.#receivers.close();
    if (this.#onStopped !== undefined) this.#onStopped();
    else if (!this.#options.respawn) this.#options.onGivenUp(undefined, null);
    else this.#startAfter(plan.delayMicros, false);
  }

  #handleReport(child: Child | undefined, report: Report): void {
    if (child === undefined || child !== this.#child) return;
    const isKilled = this.#killed !== undefined;
    switch (report.kind) {
      case "ready":
        if (isKilled) return;
        this.#isReady = true;
        this.#startWatch(child);
        // One that was started in the middle of a reload has read the new configuration; one before it, not yet.
        if (report.generation === this.#state.generation) this.#endReload(true);
        this.#options.onReady();
        break;
      case "reloaded":
        if (isKilled || report.generation !== this.#state.generation) return;
        this.#startWatch(child);
        this.#endReload(true);
        break;
      case "stopped":
        this.#hasReleased = true;
        this.#endWatch();
        break;
      case "receivers":
        this.#receivers.take(child.pid, report.receivers);
        break;
      default:
        this.#options.onReport(report);
    }
  }

  #endReload(isDone: boolean): void {
    this.#state.settle();
    const onReloaded = this.#onReloaded;
    this.#onReloaded = undefined;
    onReloaded?.(isDone);
  }

  #startWatch(child: Child): void {
    this.#endWatch();
    if (this.#onStopped !== undefined) return;
    const shortest = Math.min(
      ...this.#state.config.instances.map((entry) => entry.advertIntMicros),
      SECOND,
    );
    const kill = (what: string): void => {
      this.#options.log("error", `vrrp child process(${child.pid}) ${what}: killing it`);
      this.#kill(child);
    };
    this.#standstill = new Standstill({
      limitMicros: longestStop(shortest),
      now: boottime,
      isStopped: () => isStopped(child.pid),
      onStandstill: () => kill("is stopped"),
    });
    const watchdog = new Watchdog(shortestPeersWait(this.#state.config.instances), boottime());
    const look = (): void => {
      const wait = watchdog.look(boottime(), this.#options.records.heartbeatAt);
      if (wait !== undefined) {
        this.#watchdogTimer = setTimeout(look, timerMillis(wait));
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

  /** The child could not be started: there is no state to resume. */
  #handleFailure(reason: string): void {
    this.#options.log("error", `Cannot start the VRRP child process: ${reason}`);
    this.#state.cleanUp(this.#state.list());
    this.#receivers.close();
    this.#startLater(this.#policy.delay());
  }

  #startAfter(delayMicros: Micros, resume: boolean): void {
    if (this.#abandoned.size >= MOST_ABANDONED) {
      const count = counted(
        this.#abandoned.size,
        "killed VRRP process has",
        "killed VRRP processes have",
      );
      this.#options.log("error", `${count} not ended: no other is started now`);
      this.#startLater(this.#policy.delay());
    } else if (delayMicros === 0) this.#spawn(resume);
    else this.#startLater(delayMicros);
  }

  #startLater(delayMicros: Micros): void {
    this.#options.log(
      "info",
      `Restart of VRRP process delayed ${delayMicros / SECOND} seconds to limit respawn rate`,
    );
    this.#respawnTimer = setTimeout(() => this.#startAfter(0, false), timerMillis(delayMicros));
    // It may be the new configuration that the last one died of: another one must be let in.
    this.#endReload(false);
  }

  #handleEnd(child: Child | undefined, end: ChildEnd): void {
    if (child === undefined) return;
    if (this.#abandoned.delete(child)) {
      this.#options.log("info", `VRRP child process(${child.pid}), killed before, has ended`);
    }
    if (child !== this.#child) return;
    const killed = this.#killed;
    this.#child = undefined;
    this.#killed = undefined;
    this.#endWatch();
    clearTimeout(this.#stopTimer);
    if (killed !== undefined) {
      killed.child.end();
      this.#state.sweep(killed.child.lost);
    }
    const { log } = this.#options;
    if (this.#onStopped !== undefined) {
      // One that was only starting has released nothing of what the one before it held.
      if (!this.#hasReleased) this.#state.cleanUpAll();
      this.#receivers.close();
      this.#onStopped();
      return;
    }
    const permanent = permanentError(end.status);
    if (permanent !== undefined || !this.#options.respawn) {
      this.#state.cleanUpAll();
      this.#receivers.close();
      this.#options.onGivenUp(permanent, end.status);
      return;
    }
    const cause = end.signal === null ? `with status ${end.status}` : `due to signal ${end.signal}`;
    log("error", `VRRP child process(${child.pid}) exited ${cause}`);
    log("error", `VRRP child process(${child.pid}) died: Respawning`);
    const { resume, delayMicros } = killed?.plan ?? this.#planAfter(child);
    const isLost = (entry: RecordedInstance): boolean =>
      !resume || resumeDeadline(entry) === undefined;
    this.#state.cleanUp(this.#state.list().filter(isLost));
    this.#state.cleanUpFormer();
    if (!resume) this.#receivers.close();
    this.#startAfter(delayMicros, resume);
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
