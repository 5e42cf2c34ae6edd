// A role: a kind of child process as data. The parent starts, watches, resumes and cleans up behind every child by this.

import type { Options } from "../cli/options.ts";
import type { Config, ProcessOptions } from "../config/config.ts";
import type { Registry } from "../config/registry.ts";
import type { Log } from "../lib/log.ts";
import type { Micros } from "../lib/micros.ts";
import type { Command, ScriptOutcome } from "../lib/script.ts";
import type { Notification } from "../notify/notifications.ts";
import type { DumpKind, StartOrder } from "./messages.ts";
import type { AnySectionKind, RecordFile } from "./record.ts";

/** What is common to all kinds of own messages. */
export interface OwnMessage {
  readonly kind: string;
}

/**
 * One kind of child process. `Part` is its part of the configuration: plain data, the only one it gets. `Item` is a
 * unit of it that is resumed, or cleaned up behind, on its own. `Sent` and `Obeyed` are its own reports and orders.
 */
export interface Role<
  Part = unknown,
  Item = unknown,
  Sent extends OwnMessage = OwnMessage,
  Obeyed extends OwnMessage = OwnMessage,
> {
  /** On the command line of the child, in its title and in our log lines: `vrrp`. */
  readonly name: string;
  /** In keepalived's log lines: `VRRP`. */
  readonly title: string;
  /** What its log lines begin with: `Keepalived_vrrp`. */
  readonly logIdentity: string;
  /** The name of its pid file without folder and ending. */
  readonly pidFileName: string;
  /** The pid file that the command line asks for. */
  pidFilePath(options: Options): string | undefined;

  /** Whether a daemon with this configuration and command line has such a child. */
  isWanted(config: Config, options: Options): boolean;
  /**
   * Whether its process may be started while the configuration is still being read: for a child whose start is urgent,
   * and which nearly every configuration wants. It is killed if this one does not.
   */
  maySpawnEarly?(options: Options): boolean;
  part(config: Config): Part;
  /** The name that the configuration gives the process. */
  processName(part: Part): string | undefined;
  processOptions(part: Part): ProcessOptions;
  /** The scripts that the child may have run by name. */
  scripts(part: Part): readonly RoleScript[];

  /** Roles to whose children it has a socket pair; either side may name the other. */
  readonly links?: readonly string[];

  freezeLimits(part: Part): FreezeLimits;
  /** The sections of its record file. */
  readonly records: readonly AnySectionKind[];
  /** Everything in `part` that a child may hold something for, with what the records say of it. */
  items(part: Part, records: RecordFile): readonly Item[];
  /** When a process that resumes `item` must be ready; undefined: it cannot be resumed. */
  resumeBy(item: Item): Micros | undefined;
  /** Releases what a dead child held for `items`, and notes in the records that it holds it no more. */
  cleanUp(part: Part, items: readonly Item[], records: RecordFile, log: Log): void;
  /** Once more for `items` that were cleaned up before: a killed process still completes its last system call. */
  sweep(part: Part, items: readonly Item[], log: Log): void;
  /** Releases what is held for `former` and has no place in `part`. */
  cleanUpFormer(former: Part, part: Part, log: Log): void;

  /** Makes, in the parent, the file of a dump from all `pieces` that a child with `part` answered. */
  renderDump(kind: DumpKind, part: Part, pieces: readonly unknown[]): Promise<DumpFile>;
  /** Does, in the parent, what a report asks for. */
  handle(report: Sent, part: Part, services: ParentServices<Obeyed>): void;
  /** Loads the program of the child; only the child calls it. */
  load(): Promise<ChildProgram<Part, Sent, Obeyed>>;
}

/** A file without its folder. */
export interface DumpFile {
  readonly name: string;
  readonly text: string;
}

export interface RoleScript {
  readonly name: string;
  readonly command: Command;
  readonly timeoutMicros: Micros;
}

/** How long a child may be silent. */
export interface FreezeLimits {
  /** What depends on the child waits so long for it: its heartbeat may be missing for a part of that. */
  readonly peersWaitMicros: Micros;
  /** How long a signal may keep it stopped. */
  readonly stoppedMicros: Micros;
}

/** What the parent does for its children. */
export interface ParentServices<Obeyed> {
  readonly log: Log;
  /** Sends an order to the child that reported; one that is gone does not get it. */
  send(order: Obeyed): void;
  /**
   * Runs one of the role's scripts; `onEnd` is called once, also when it could not be started. A run that an earlier
   * child ordered is not repeated while it lasts: `onEnd` gets its outcome.
   */
  runScript(name: string, onEnd: (outcome: ScriptOutcome) => void): void;
  notify(notification: Notification): void;
  /** Keeps promote_secondaries set on an interface until the daemon ends. */
  requirePromoteSecondaries(interfaceName: string): void;
}

/** What a role's own code may use of the process that it runs in. */
export interface ChildPorts<Sent> {
  readonly records: RecordFile;
  /** One end of each of its socket pairs, for a `Link`, by the name of the role that has the other end. */
  readonly links: ReadonlyMap<string, number>;
  readonly log: Log;
  /** Does `work`; the lines that it logs are written together. */
  readonly together: (work: () => void) => void;
  report(report: Sent): void;
  /** Has the parent keep these descriptors, and no others, for the process after this one. */
  keep(descriptors: StartOrder<unknown>["kept"]): void;
  /** The child runs with the configuration `generation`. */
  onReloaded(generation: number): void;
  /** Everything is released: the process may end. */
  onStopped(): void;
  /** A bug or a broken kernel interface: ends the process. */
  onFatal(error: unknown): void;
}

/** The program of a child. */
export interface ChildProgram<Part, Sent, Obeyed> {
  /** Makes it ready; an Error where it cannot run. */
  start(order: StartOrder<Part>, ports: ChildPorts<Sent>): RunningChild<Part, Obeyed>;
}

/** A child that works. */
export interface RunningChild<Part, Obeyed> {
  /** Takes a new configuration, and calls `onReloaded` when it runs with it. */
  reload(part: Part, generation: number): void;
  /**
   * What the parent needs for a dump: plain data in pieces, each built when it is asked for, so that none holds the loop
   * up. `statsClear`: the counters of a piece begin again at zero.
   */
  dump(kind: DumpKind): Iterator<unknown, undefined>;
  obey(order: Obeyed): void;
  /** Begins the orderly end; `onStopped` is called when it is done. */
  stop(): void;
}

/** The roles of a program by their names. */
export type RoleTable = Readonly<Record<string, () => Promise<Role>>>;

/** What makes one program of ours different from another. */
export interface Program {
  readonly roles: RoleTable;
  /** The language of its configuration; undefined: holdfast's. */
  readonly registry?: Registry | undefined;
}
