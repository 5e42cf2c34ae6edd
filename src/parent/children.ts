// The children of one daemon: a supervisor for each role that the configuration needs.

import type { Options } from "../cli/options.ts";
import type { Config } from "../config/config.ts";
import type { Log } from "../lib/log.ts";
import type { Micros } from "../lib/micros.ts";
import { createMemoryFile, mapMemoryFile } from "../os/process/memory-file.ts";
import type { PermanentError } from "../process/exit-code.ts";
import type { DumpKind } from "../process/messages.ts";
import type { LogSettings } from "../process/process-log.ts";
import { RECORD_FILE_NAME, RecordFile, recordFileOctets } from "../process/record.ts";
import type { OwnMessage, ParentServices, Role } from "../process/role.ts";
import { Dumps } from "./dumps.ts";
import { type EarlyChild, startEarly } from "./early-child.ts";
import { Links } from "./links.ts";
import type { SupervisorPorts } from "./ports.ts";
import { descriptorsFor, Supervisor } from "./supervisor.ts";
import { isDead, systemPorts } from "./system-ports.ts";

/** The parent's services for the child of a role. */
export type ServicesOf = (role: Role) => Omit<ParentServices<unknown>, "send" | "log">;

export interface ChildrenOptions {
  readonly roles: readonly Role[];
  readonly options: Options;
  readonly programName: string;
  /** The program's main file. */
  readonly main: string;
  readonly log: Log;
  readonly logSettings: (config: Config) => LogSettings;
  readonly services: ServicesOf;
  readonly onStarted: (role: Role, pid: number) => void;
  /** Every child is ready. */
  readonly onReady: () => void;
  /** As the supervisor's `onGivenUp`. */
  readonly onGivenUp: (
    role: Role,
    permanent: PermanentError | undefined,
    status: number | null,
  ) => void;
}

type Ports = SupervisorPorts<unknown, OwnMessage, OwnMessage>;

export class Children {
  readonly #given: ChildrenOptions;
  readonly #supervisors = new Map<Role, Supervisor>();
  readonly #links: Links;
  /** The roles whose first child is not ready yet. */
  readonly #starting = new Set<Role>();
  readonly #dumps: Dumps;
  /** The memory files with their records. */
  readonly #memoryFds = new Map<Role, number>();
  readonly #early = new Map<Role, EarlyChild<unknown, OwnMessage, OwnMessage>>();

  constructor(given: ChildrenOptions) {
    this.#given = given;
    this.#links = new Links(given.roles);
    this.#dumps = new Dumps(given.log);
  }

  /** Whether there are no children, not even one waiting for its restart. */
  get isEmpty(): boolean {
    return this.#supervisors.size === 0;
  }

  /**
   * Starts the children that may be started early, in this process's network namespace. Replaces those of an earlier
   * call.
   */
  startEarly(): void {
    const { roles, options } = this.#given;
    this.discardEarly();
    for (const role of roles) {
      if (role.maySpawnEarly?.(options) !== true) continue;
      try {
        this.#early.set(
          role,
          startEarly(this.#portsOf(role).spawn, this.#descriptorsOf(role), isDead),
        );
      } catch {
        // Out of descriptors. `start` retries and reports it.
      }
    }
  }

  /** Kills early children that were not taken over. */
  discardEarly(): void {
    for (const child of this.#early.values()) child.discard();
    this.#early.clear();
  }

  /** Starts the children that `config` needs and that do not exist yet. */
  start(config: Config): void {
    const { roles, options, log } = this.#given;
    const isNew = (role: Role): boolean =>
      !this.#supervisors.has(role) && role.isWanted(config, options);
    // Add all of them before any can become ready.
    const supervisors = roles.filter(isNew).map((role) => {
      const supervisor = this.#supervise(role, config);
      this.#supervisors.set(role, supervisor);
      this.#starting.add(role);
      return supervisor;
    });
    for (const supervisor of supervisors) supervisor.start();
    this.discardEarly();
    if (this.isEmpty) log("warning", "Nothing is configured to run");
  }

  /**
   * Sends each running child its part of `config`, and starts the children that only the new configuration needs. When
   * all running children are done, calls `onReloaded` with the roles whose child died during the reload.
   */
  reload(config: Config, onReloaded: (failed: readonly Role[]) => void): void {
    const running = [...this.#supervisors];
    this.start(config);
    const failed: Role[] = [];
    const onOneReloaded = countdown(running.length, () => onReloaded(failed));
    for (const [role, supervisor] of running) {
      supervisor.reload(role.part(config), (isDone) => {
        if (!isDone) failed.push(role);
        onOneReloaded();
      });
    }
  }

  dump(kind: DumpKind): void {
    for (const [role, supervisor] of this.#supervisors) {
      supervisor.dump(kind, this.#dumps.begin(kind, role, supervisor.part));
    }
  }

  /** Stops all children, each within `waitMicros`; calls `onStopped` when all have ended. */
  stop(waitMicros: Micros, onStopped: () => void): void {
    // Early children have no supervisor. Once they are sent SIGKILL they do nothing more, so nobody waits for their end.
    this.discardEarly();
    const supervisors = [...this.#supervisors.values()];
    const onOneStopped = countdown(supervisors.length, onStopped);
    for (const supervisor of supervisors) supervisor.stop(waitMicros, onOneStopped);
  }

  #supervise(role: Role, config: Config): Supervisor {
    const { options, log } = this.#given;
    const memoryFd = this.#memoryFdOf(role);
    const memory = mapMemoryFile(memoryFd, recordFileOctets(role.records));
    const ports = this.#portsOf(role);
    const early = this.#early.get(role);
    const services: ParentServices<unknown> = {
      ...this.#given.services(role),
      log,
      send: (order) => supervisor.send(order as Parameters<Supervisor["send"]>[0]),
    };
    const supervisor: Supervisor = new Supervisor(role.part(config), {
      role,
      ports: { ...ports, spawn: (request) => early?.take(request) ?? ports.spawn(request) },
      options,
      umask: options.umask ?? config.global.umask,
      logSettings: this.#given.logSettings(config),
      log,
      memoryFd,
      records: new RecordFile(memory, role.records),
      links: this.#links.endsOf(role),
      onReport: (report) => role.handle(report, supervisor.part, services),
      onSnapshot: (id, piece) => void this.#dumps.take(id, piece),
      onStarted: (pid) => this.#given.onStarted(role, pid),
      onReady: () => {
        this.#starting.delete(role);
        if (this.#starting.size === 0) this.#given.onReady();
      },
      onGivenUp: (permanent, status) => {
        this.#supervisors.delete(role);
        this.#given.onGivenUp(role, permanent, status);
      },
    });
    return supervisor;
  }

  #portsOf(role: Role): Ports {
    const { options, programName, main } = this.#given;
    return systemPorts({
      main,
      role: role.name,
      programName,
      // In the background, neither the daemon nor its children may hold the user's terminal.
      inheritsOutput: options.foreground,
    });
  }

  #memoryFdOf(role: Role): number {
    const known = this.#memoryFds.get(role);
    if (known !== undefined) return known;
    const fd = createMemoryFile(RECORD_FILE_NAME, recordFileOctets(role.records));
    this.#memoryFds.set(role, fd);
    return fd;
  }

  /** The descriptors of a first child of `role`, which the supervisor would hand it too. */
  #descriptorsOf(role: Role): number[] {
    return descriptorsFor({
      memoryFd: this.#memoryFdOf(role),
      links: this.#links.endsOf(role),
      kept: [],
    });
  }
}

/** Calls `onZero` after `count` calls of the returned function: at once if `count` is 0. */
function countdown(count: number, onZero: () => void): () => void {
  let left = count;
  if (left === 0) onZero();
  return () => {
    left--;
    if (left === 0) onZero();
  };
}
