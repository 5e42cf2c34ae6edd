// The pid files of one daemon: the parent's, which prevents a second daemon, and its children's.

import type { Options } from "../cli/options.ts";
import type { GlobalConfig } from "../config/global/global-config.ts";
import { defined } from "../lib/assert.ts";
import type { Log } from "../lib/log.ts";
import {
  DAEMON_PID_FILE,
  defaultPidFilePath,
  type PidFile,
  type PidFilePlace,
  pidFileHolder,
  readPidFile,
  type TakenPidFile,
  takePidFile,
} from "../os/files/pid-file.ts";
import type { Role } from "../process/role.ts";

/** Programs whose running pid in the file counts as a daemon: older keepalived takes no lock. */
const RIVALS = ["keepalived"] as const;

type PidFileRole = Pick<Role, "name" | "pidFileName" | "pidFilePath">;

/** Where a process's pid file is, and whether the command line chose it. */
interface Place {
  readonly path: string;
  readonly isUserChosen: boolean;
}

/** Holds the pid files until `release`. They are locked, so files of dead daemons do no harm. */
export class PidFiles {
  readonly #parentPlace: Place;
  /** By the names of the roles. */
  readonly #childPlaces: ReadonlyMap<string, Place>;
  readonly #log: Log;
  #parent: PidFile | undefined;
  readonly #children = new Map<string, PidFile>();

  constructor(roles: readonly PidFileRole[], options: Options, global: GlobalConfig, log: Log) {
    const { instance, usePidDir } = global;
    const namespace = options.netNamespace ?? global.netNamespace;
    const place: PidFilePlace = { instance, namespace, usePidDir };
    const placeOf = (chosen: string | undefined, name: string): Place => {
      const path = chosen ?? defaultPidFilePath(name, place);
      return { path, isUserChosen: chosen !== undefined };
    };
    this.#log = log;
    this.#parentPlace = placeOf(options.pidFiles.parent, DAEMON_PID_FILE);
    this.#childPlaces = new Map(
      roles.map((role) => [role.name, placeOf(role.pidFilePath(options), role.pidFileName)]),
    );
  }

  /**
   * Takes the parent's file, unless a daemon holds it or a child's file. `failed`: cannot be written (already logged).
   */
  takeParent(): "taken" | "running" | "failed" {
    for (const { path } of this.#childPlaces.values()) {
      if (pidFileHolder(path) !== undefined) return "running";
    }
    const { path, isUserChosen } = this.#parentPlace;
    const taken = takePidFile(path, process.pid, { rivals: RIVALS, isUserChosen });
    if (taken.kind === "failed") this.#log("error", `Cannot write the pid file: ${taken.reason}`);
    if (taken.kind === "taken") this.#parent = this.#keep(taken);
    return taken.kind;
  }

  /** Keeps a file that could not be written, too: its lock still works. */
  #keep({ file, writeError }: Extract<TakenPidFile, { kind: "taken" }>): PidFile {
    if (writeError !== undefined) {
      this.#log("warning", `Cannot write the pid file ${file.path}: ${writeError}`);
    }
    return file;
  }

  /** The children in a killed daemon's pid files; they may already be gone. */
  formerChildren(): { readonly role: string; readonly pid: number }[] {
    return [...this.#childPlaces].flatMap(([role, { path }]) => {
      const pid = readPidFile(path);
      return pid === undefined ? [] : [{ role, pid }];
    });
  }

  /** Writes the pid of a new child. */
  writeChild({ name }: PidFileRole, pid: number): void {
    const known = this.#children.get(name);
    if (known !== undefined) {
      this.#attempt("write", known.path, () => known.write(pid));
      return;
    }
    const { path, isUserChosen } = defined(this.#childPlaces.get(name), `a role ${name}`);
    const taken = takePidFile(path, pid, { isUserChosen });
    if (taken.kind === "taken") this.#children.set(name, this.#keep(taken));
    else this.#log("error", `Cannot write the pid file ${path}`);
  }

  release(): void {
    for (const file of [...this.#children.values(), this.#parent]) {
      if (file !== undefined) this.#attempt("remove", file.path, () => file.remove());
    }
  }

  /** Logs errors: the daemon survives a full or broken disk. */
  #attempt(verb: string, path: string, operation: () => void): void {
    try {
      operation();
    } catch (error) {
      this.#log("error", `Cannot ${verb} the pid file ${path}: ${(error as Error).message}`);
    }
  }
}
