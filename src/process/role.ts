// A role: a kind of child process as data, by which the parent starts, watches, resumes and cleans up after its child.

import type { Options } from "../cli/options.ts";
import type { Config } from "../config/config.ts";
import type { ProcessOptions } from "../config/global/global-config.ts";
import type { Registry } from "../config/registry.ts";
import type { Log } from "../lib/log.ts";
import type { Micros } from "../lib/micros.ts";
import type { Command, ScriptOutcome } from "../lib/script.ts";
import type { Notification } from "../notify/notifications.ts";
import type { DumpKind, StartOrder } from "./messages.ts";
import type { AnySectionKind, RecordFile } from "./record.ts";

/** A message of one role's own kind. */
export interface OwnMessage {
  readonly kind: string;
}

/**
 * One kind of child process. `Part` is its part of the configuration, as plain data; the child gets no other. `Item` is
 * a unit that is resumed or cleaned up separately. `Sent` and `Obeyed` are the role's own reports and orders.
 */
export interface Role<
  Part = unknown,
  Item = unknown,
  Sent extends OwnMessage = OwnMessage,
  Obeyed extends OwnMessage = OwnMessage,
> {
  /** In the child's command line and title, and in our log lines: `vrrp`. */
  readonly name: string;
  /** In keepalived's log lines: `VRRP`. */
  readonly title: string;
  /** The identity of its log: `Keepalived_vrrp`. */
  readonly logIdentity: string;
  /** The name of its pid file, without folder and extension. */
  readonly pidFileName: string;
  /** The pid file chosen on the command line. */
  pidFilePath(options: Options): string | undefined;

  /** Whether this configuration and command line need such a child. */
  isWanted(config: Config, options: Options): boolean;
  /**
   * Whether the child may be started while the configuration is still being read: for a child whose start is urgent and
   * that nearly every configuration needs. It is killed if this one does not.
   */
  maySpawnEarly?(options: Options): boolean;
  part(config: Config): Part;
  /** The process name from the configuration. */
  processName(part: Part): string | undefined;
  processOptions(part: Part): ProcessOptions;
  /** The scripts that the child may run, by name. */
  scripts(part: Part): readonly RoleScript[];

  /** Roles that it has socket pairs with; one side naming the other is enough. */
  readonly links?: readonly string[];

  freezeLimits(part: Part): FreezeLimits;
  /** The sections of its record file. */
  readonly records: readonly AnySectionKind[];
  /** Every item in `part` that a child may hold something for, with its record. */
  items(part: Part, records: RecordFile): readonly Item[];
  /** When a process that resumes `item` must be ready; undefined if it cannot be resumed. */
  resumeBy(item: Item): Micros | undefined;
  /** Releases what a dead child held for `items`, and updates their records. */
  cleanUp(part: Part, items: readonly Item[], records: RecordFile, log: Log): void;
  /** Releases again what was held for `items`: a killed process can complete a last system call after `cleanUp`. */
  sweep(part: Part, items: readonly Item[], log: Log): void;
  /** Releases what a child held for `former` and `part` does not have. */
  cleanUpFormer(former: Part, part: Part, log: Log): void;

  /** In the parent: renders a dump from the `pieces` of a child that runs with `part`. */
  renderDump(kind: DumpKind, part: Part, pieces: readonly unknown[]): Promise<DumpFile>;
  /** In the parent: does what a report asks for. */
  handle(report: Sent, part: Part, services: ParentServices<Obeyed>): void;
  /** In the child: loads its program. */
  load(): Promise<ChildProgram<Part, Sent, Obeyed>>;
}

/** A dump; `name` is without a folder. */
export interface DumpFile {
  readonly name: string;
  readonly text: string;
}

export interface RoleScript {
  readonly name: string;
  readonly command: Command;
  readonly timeoutMicros: Micros;
}

/** How long a child may be frozen. */
export interface FreezeLimits {
  /** How long peers wait for the child; its heartbeat may be missing for a part of that. */
  readonly peersWaitMicros: Micros;
  /** How long a signal may keep it stopped. */
  readonly stoppedMicros: Micros;
}

/** What the parent does for its children. */
export interface ParentServices<Obeyed> {
  readonly log: Log;
  /** Sends an order to the child that reported, if it still runs. */
  send(order: Obeyed): void;
  /**
   * Runs one of the role's scripts; `onEnd` is called once, even if it cannot be started. If a run that an earlier child
   * requested is still going on, `onEnd` gets the outcome of that run.
   */
  runScript(name: string, onEnd: (outcome: ScriptOutcome) => void): void;
  notify(notification: Notification): void;
  /** Keeps promote_secondaries set on the interface until the daemon ends. */
  requirePromoteSecondaries(interfaceName: string): void;
}

/** What the process provides to its role's code. */
export interface ChildPorts<Sent> {
  readonly records: RecordFile;
  /** Its ends of socket pairs, each for a `Link`, by the role at the other end. */
  readonly links: ReadonlyMap<string, number>;
  readonly log: Log;
  /** Calls `work` and writes its log lines in one batch. */
  readonly together: (work: () => void) => void;
  report(report: Sent): void;
  /** Asks the parent to keep exactly these descriptors for the next process. */
  keep(descriptors: StartOrder<unknown>["kept"]): void;
  /** The child runs with configuration `generation`. */
  onReloaded(generation: number): void;
  /** Everything is released: ends the process. */
  onStopped(): void;
  /** A bug or a broken kernel interface: ends the process. */
  onFatal(error: unknown): void;
}

/** The program of a child. */
export interface ChildProgram<Part, Sent, Obeyed> {
  /** Returns when the child is ready. Throws an Error if it cannot run. */
  start(order: StartOrder<Part>, ports: ChildPorts<Sent>): RunningChild<Part, Obeyed>;
}

/** A running child, as seen by its own process. */
export interface RunningChild<Part, Obeyed> {
  /** Applies a new configuration, then calls `onReloaded`. */
  reload(part: Part, generation: number): void;
  /**
   * The data of a dump, in pieces that are each built on request, so that none blocks the loop. `statsClear` resets the
   * counters of each piece.
   */
  dump(kind: DumpKind): Iterator<unknown, undefined>;
  obey(order: Obeyed): void;
  /** Starts an orderly stop; calls `onStopped` when done. */
  stop(): void;
}

/** The roles of a program, by name. */
export type RoleTable = Readonly<Record<string, () => Promise<Role>>>;

/** What distinguishes holdfast from the test programs. */
export interface Program {
  readonly roles: RoleTable;
  /** The keywords of its configuration; holdfast's if undefined. */
  readonly registry?: Registry | undefined;
}
