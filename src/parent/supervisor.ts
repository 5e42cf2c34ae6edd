// Supervises one child: starts it, sends it orders, detects its death or freeze, and then resumes it or cleans up after
// it. All effects go through its ports.

import type { Options } from "../cli/options.ts";
import { counted } from "../lib/counted.ts";
import type { Log } from "../lib/log.ts";
import { MILLISECOND, type Micros, SECOND } from "../lib/micros.ts";
import { inheritedFd } from "../process/child-start.ts";
import { type PermanentError, permanentError } from "../process/exit-code.ts";
import type { DumpKind, KeptDescriptor, Report } from "../process/messages.ts";
import type { LogSettings } from "../process/process-log.ts";
import type { RecordFile } from "../process/record.ts";
import type { OwnMessage, Role } from "../process/role.ts";
import { FreezeWatch } from "./freeze-watch.ts";
import { KeptDescriptors } from "./kept-descriptors.ts";
import { KilledChild } from "./killed-child.ts";
import type { Cancel, Child, ChildEnd, SupervisorPorts } from "./ports.ts";
import { RecordedParts } from "./recorded-parts.ts";
import { type Respawn, RespawnPolicy } from "./respawn.ts";

/** A process that is not ready by then has failed to start. */
const LONGEST_START_MICROS = 30 * SECOND;
/** A process needs at least this long to start and to resume. */
const SHORTEST_START_MICROS: Micros = 100 * MILLISECOND;
/** Killed processes that do not end take memory: with this many, no other is started. */
const MOST_ABANDONED = 3;

export interface SupervisorOptions<Part, Item, Sent extends OwnMessage, Obeyed extends OwnMessage> {
  readonly role: Role<Part, Item, Sent, Obeyed>;
  readonly ports: SupervisorPorts<Part, Sent, Obeyed>;
  /** The daemon's: with `respawn` false (-R) a dead child ends the daemon. */
  readonly options: Options;
  readonly logSettings: LogSettings;
  /** The child's umask, sent in its start order: an early child is spawned before the configuration is read. */
  readonly umask: number;
  readonly log: Log;
  /** The memory file of `records`. */
  readonly memoryFd: number;
  readonly records: RecordFile;
  /** Its ends of socket pairs with other children, labelled by their roles. */
  readonly links: readonly KeptDescriptor[];
  /** The role's own reports. */
  readonly onReport: (report: Sent) => void;
  /** The next piece of a dump; undefined after the last. */
  readonly onSnapshot: (id: number, piece: unknown) => void;
  readonly onStarted: (pid: number) => void;
  /** A child is ready: after the first start and after each restart. */
  readonly onReady: () => void;
  /** The daemon must end: a permanent error, or a death with -R and `status`. */
  readonly onGivenUp: (permanent: PermanentError | undefined, status: number | null) => void;
}

/** A killed child and the plan made for its restart. */
interface Killed<Item> {
  readonly child: KilledChild<Item>;
  readonly plan: Respawn;
}

/** Owns the child of one role. */
export class Supervisor<
  Part = unknown,
  Item = unknown,
  Sent extends OwnMessage = OwnMessage,
  Obeyed extends OwnMessage = OwnMessage,
> {
  readonly #options: SupervisorOptions<Part, Item, Sent, Obeyed>;
  readonly #ports: SupervisorPorts<Part, Sent, Obeyed>;
  readonly #role: Role<Part, Item, Sent, Obeyed>;
  readonly #log: Log;
  readonly #policy = new RespawnPolicy();
  readonly #kept: KeptDescriptors;
  readonly #state: RecordedParts<Part, Item>;
  #child: Child<Part, Obeyed> | undefined;
  /** Set once the child was sent SIGKILL. */
  #killed: Killed<Item> | undefined;
  /** Killed children that do not end and are no longer waited for. */
  readonly #abandoned = new Set<Child<Part, Obeyed>>();
  #watch: FreezeWatch | undefined;
  #cancelRespawn: Cancel | undefined;
  #cancelStartLimit: Cancel | undefined;
  #cancelStopLimit: Cancel | undefined;
  /** The child runs, and can stop in order. */
  #isReady = false;
  /** The child reported that it has released everything. */
  #hasReleased = false;
  #onStopped: (() => void) | undefined;
  #onReloaded: ((isDone: boolean) => void) | undefined;

  constructor(part: Part, options: SupervisorOptions<Part, Item, Sent, Obeyed>) {
    const { role, ports, records, log } = options;
    this.#options = options;
    this.#ports = ports;
    this.#role = role;
    this.#log = log;
    this.#state = new RecordedParts(role, part, records, log);
    this.#kept = new KeptDescriptors(ports, log);
    ports.onChildChanged(() => this.#watch?.look());
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** The newest part of the configuration, whether or not the child runs with it. */
  get part(): Part {
    return this.#state.part;
  }

  start(): void {
    this.#spawn(false);
  }

  /**
   * Sends `part` to the child. `onReloaded` is called once it runs with it (true), or has died so often that its restart
   * is delayed (false). A delayed restart is made now, since the new configuration may help.
   */
  reload(part: Part, onReloaded: (isDone: boolean) => void): void {
    this.#state.reload(part);
    this.#onReloaded = onReloaded;
    if (this.#child === undefined) {
      this.#cancelRespawn?.();
      this.#startAfter(0, false);
      return;
    }
    this.#sendReload(this.#child);
  }

  #sendReload(child: Child<Part, Obeyed>): void {
    const { part, generation } = this.#state;
    child.send({ kind: "reload", part, generation });
  }

  send(order: Obeyed): void {
    this.#child?.send({ kind: "own", order });
  }

  /** Requests a dump; its snapshots carry `id`. */
  dump(kind: DumpKind, id: number): void {
    this.#child?.send({ kind: "dump", id, dump: kind });
  }

  /**
   * Stops the child, and calls `onStopped` when it has ended. If that takes longer than `waitMicros`, kills it and cleans
   * up.
   */
  stop(waitMicros: Micros, onStopped: () => void): void {
    this.#onStopped = onStopped;
    this.#cancelRespawn?.();
    // The freeze watch continues: a frozen child cannot stop in order.
    this.#cancelStartLimit?.();
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
      // It has done nothing yet. Its end triggers the clean-up after the previous child.
      this.#kill(child);
      return;
    }
    child.kill("SIGTERM");
    // A stopped process handles SIGTERM only when it continues.
    this.#cancelStopLimit = this.#ports.after(waitMicros, () => {
      this.#killFor(child, "warning", "did not stop in time: killing");
    });
  }

  #spawn(resume: boolean): void {
    const { memoryFd, records, links, options, logSettings, umask } = this.#options;
    if (!resume) this.#state.begin();
    const kept = resume ? this.#kept.list() : [];
    this.#isReady = false;
    this.#hasReleased = false;
    const child: Child<Part, Obeyed> | undefined = this.#ports.spawn({
      descriptors: descriptorsFor({ memoryFd, links, kept }),
      onReport: (report) => this.#handleReport(child, report),
      onFailed: (reason) => this.#handleFailure(reason),
      onEnd: (end) => this.#handleEnd(child, end),
    });
    this.#child = child;
    if (child === undefined) return;
    // A start takes four times as long on a busy machine, and leases expire meanwhile.
    if (resume) this.#ports.boostPriority(child.pid);
    // It starts with the configuration of the records, and is then reloaded.
    const { isBehind } = this.#state;
    if (!isBehind) this.#state.settle();
    this.#log("info", `Starting ${this.#role.title} child process, pid=${child.pid}`);
    child.send({
      kind: "start",
      part: this.#state.recordedPart,
      generation: records.generation,
      options,
      log: logSettings,
      umask,
      resume,
      links: inherited(links, 1),
      kept: inherited(kept, 1 + links.length),
    });
    if (isBehind) this.#sendReload(child);
    this.#limitStart(child, resume ? this.#resumeLimit() : LONGEST_START_MICROS);
    this.#options.onStarted(child.pid);
  }

  /** How long a child that resumes may take to be ready, before peers take over. */
  #resumeLimit(): Micros {
    const deadlines = this.#state.items().flatMap((item) => this.#state.resumeBy(item) ?? []);
    if (deadlines.length === 0) return LONGEST_START_MICROS;
    return Math.max(0, Math.min(...deadlines) - this.#ports.now());
  }

  /** Kills a child that is not ready in time. */
  #limitStart(child: Child<Part, Obeyed>, limitMicros: Micros): void {
    this.#cancelStartLimit = this.#ports.after(limitMicros, () => {
      this.#killFor(child, "warning", "is too slow to start: killing");
      this.#killed?.child.loseAll();
    });
  }

  #killFor(child: Child<Part, Obeyed>, level: "warning" | "error", reason: string): void {
    this.#log(level, `${this.#role.name} child process(${child.pid}) ${reason}`);
    this.#kill(child);
  }

  /**
   * Sends SIGKILL, and cleans up each item as soon as it can no longer be resumed: at once, or when the child does not
   * end in time for the next one to start.
   */
  #kill(child: Child<Part, Obeyed>): void {
    // First, so that the child cannot restore anything after the clean-up.
    child.kill("SIGKILL");
    if (this.#killed !== undefined) return;
    this.#endWatch();
    this.#cancelStopLimit?.();
    const plan = this.#planAfter(child);
    const until = (item: Item): Micros | undefined => {
      const deadline = plan.resume ? this.#state.resumeBy(item) : undefined;
      return deadline === undefined ? undefined : deadline - SHORTEST_START_MICROS;
    };
    this.#killed = {
      plan,
      child: new KilledChild({
        timers: this.#ports,
        resumableUntil: new Map(this.#state.items().map((item) => [item, until(item)])),
        onLost: (lost) => this.#state.cleanUp(lost),
        onAbandoned: () => this.#abandon(child, plan),
      }),
    };
  }

  #planAfter(child: Child<Part, Obeyed>): Respawn {
    if (this.#onStopped !== undefined || !this.#options.options.respawn) {
      return { resume: false, delayMicros: 0 };
    }
    return this.#policy.plan(child.startedAt, this.#ports.now());
  }

  /** A killed child never runs again, so it can be replaced even if the kernel does not end it. */
  #abandon(child: Child<Part, Obeyed>, plan: Respawn): void {
    const subject = `${this.#role.title} child process(${child.pid})`;
    this.#log("error", `${subject} has not ended after SIGKILL: no longer waiting for it`);
    this.#child = undefined;
    this.#killed = undefined;
    this.#abandoned.add(child);
    this.#state.cleanUpFormer();
    this.#kept.close();
    if (this.#onStopped !== undefined) this.#onStopped();
    else if (!this.#options.options.respawn) this.#options.onGivenUp(undefined, null);
    else this.#startAfter(plan.delayMicros, false);
  }

  #handleReport(child: Child<Part, Obeyed> | undefined, report: Report<Sent>): void {
    if (child === undefined || child !== this.#child) return;
    const isKilled = this.#killed !== undefined;
    switch (report.kind) {
      case "ready":
        if (isKilled) return;
        this.#isReady = true;
        this.#startWatch(child);
        // A child started during a reload already has the new configuration; an earlier one does not.
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
      case "keep":
        this.#kept.take(child.pid, report.descriptors);
        break;
      case "snapshot":
        this.#options.onSnapshot(report.id, report.piece);
        break;
      case "own":
        this.#options.onReport(report.report);
        break;
      default:
        // An upgrade replaces the program's files: the next child may say what this parent does not know.
        report satisfies never;
    }
  }

  #endReload(isDone: boolean): void {
    this.#state.settle();
    const onReloaded = this.#onReloaded;
    this.#onReloaded = undefined;
    onReloaded?.(isDone);
  }

  #startWatch(child: Child<Part, Obeyed>): void {
    this.#endWatch();
    if (this.#onStopped !== undefined) return;
    this.#watch = new FreezeWatch({
      timers: this.#ports,
      limits: this.#role.freezeLimits(this.#state.part),
      isStopped: () => this.#ports.isStopped(child.pid),
      heartbeatAt: () => this.#options.records.heartbeatAt,
      onFrozen: (how) => this.#killFor(child, "error", `${how}: killing it`),
    });
    this.#watch.begin();
  }

  #endWatch(): void {
    this.#watch?.end();
    this.#watch = undefined;
    this.#cancelStartLimit?.();
  }

  /** The child could not be started: there is no state to resume. */
  #handleFailure(reason: string): void {
    this.#log("error", `Cannot start the ${this.#role.title} child process: ${reason}`);
    this.#state.cleanUp(this.#state.items());
    this.#kept.close();
    this.#startLater(this.#policy.delay());
  }

  #startAfter(delayMicros: Micros, resume: boolean): void {
    const { title } = this.#role;
    if (this.#abandoned.size >= MOST_ABANDONED) {
      const one = `killed ${title} process has`;
      const count = counted(this.#abandoned.size, one, `killed ${title} processes have`);
      this.#log("error", `${count} not ended: not starting another`);
      this.#startLater(this.#policy.delay());
    } else if (delayMicros === 0) this.#spawn(resume);
    else this.#startLater(delayMicros);
  }

  #startLater(delayMicros: Micros): void {
    const { title } = this.#role;
    const seconds = delayMicros / SECOND;
    this.#log(
      "info",
      `Restart of ${title} process delayed ${seconds} seconds to limit respawn rate`,
    );
    this.#cancelRespawn = this.#ports.after(delayMicros, () => this.#startAfter(0, false));
    // The child may have died of the new configuration: allow another reload.
    this.#endReload(false);
  }

  #handleEnd(child: Child<Part, Obeyed> | undefined, end: ChildEnd): void {
    if (child === undefined) return;
    const subject = `${this.#role.title} child process(${child.pid})`;
    if (this.#abandoned.delete(child)) {
      this.#log("info", `${subject}, killed before, has ended`);
    }
    if (child !== this.#child) return;
    const killed = this.#killed;
    this.#child = undefined;
    this.#killed = undefined;
    this.#endWatch();
    this.#cancelStopLimit?.();
    if (killed !== undefined) {
      killed.child.end();
      this.#state.sweep(killed.child.lost);
    }
    if (this.#onStopped !== undefined) {
      // A child that was still starting has not released what the previous one held.
      if (!this.#hasReleased) this.#state.cleanUpAll();
      this.#kept.close();
      this.#onStopped();
      return;
    }
    const permanent = permanentError(end.status);
    if (permanent !== undefined || !this.#options.options.respawn) {
      this.#state.cleanUpAll();
      this.#kept.close();
      this.#options.onGivenUp(permanent, end.status);
      return;
    }
    const cause = end.signal === null ? `with status ${end.status}` : `due to signal ${end.signal}`;
    this.#log("error", `${subject} exited ${cause}`);
    this.#log("error", `${subject} died: Respawning`);
    const { resume, delayMicros } = killed?.plan ?? this.#planAfter(child);
    const isLost = (item: Item): boolean => !resume || this.#state.resumeBy(item) === undefined;
    this.#state.cleanUp(this.#state.items().filter(isLost));
    this.#state.cleanUpFormer();
    if (!resume) this.#kept.close();
    this.#startAfter(delayMicros, resume);
  }
}

/** The descriptors that a child inherits. Its start order gives their numbers in the same order. */
export function descriptorsFor(given: {
  readonly memoryFd: number;
  readonly links: readonly KeptDescriptor[];
  readonly kept: readonly KeptDescriptor[];
}): number[] {
  return [given.memoryFd, ...[...given.links, ...given.kept].map(({ fd }) => fd)];
}

/** `descriptors` by their numbers in a child, which inherits the first at `position`. */
function inherited(descriptors: readonly KeptDescriptor[], position: number): KeptDescriptor[] {
  return descriptors.map(({ label }, index) => ({ label, fd: inheritedFd(position + index) }));
}
