// The pid files of one daemon: the parent's, which keeps a second daemon away, and its child's.

import type { Options } from "../cli/options.ts";
import type { GlobalConfig } from "../config/config.ts";
import type { Log } from "../lib/log.ts";
import {
  defaultPidFilePath,
  type PidFile,
  type PidFilePlace,
  pidFileHolder,
  readPidFile,
  type TakenPidFile,
  takePidFile,
} from "../os/files/pid-file.ts";

/** Older keepalived take no lock: there the pid in the file says whether one runs. */
const RIVALS = ["keepalived"] as const;

/** Holds the pid files until `release`; they are locked, so what a dead daemon left behind hinders nobody. */
export class PidFiles {
  readonly #paths: { readonly parent: string; readonly vrrp: string };
  readonly #log: Log;
  readonly #isUserChosen: { readonly parent: boolean; readonly vrrp: boolean };
  #parent: PidFile | undefined;
  #vrrp: PidFile | undefined;

  constructor(options: Options, global: GlobalConfig, log: Log) {
    const { instance, usePidDir } = global;
    const namespace = options.netNamespace ?? global.netNamespace;
    const place: PidFilePlace = { instance, namespace, usePidDir };
    this.#log = log;
    const { parent, vrrp } = options.pidFiles;
    this.#isUserChosen = { parent: parent !== undefined, vrrp: vrrp !== undefined };
    this.#paths = {
      parent: parent ?? defaultPidFilePath("parent", place),
      vrrp: vrrp ?? defaultPidFilePath("vrrp", place),
    };
  }

  /**
   * Takes the parent's file, when no daemon holds it or the child's. `failed`: it cannot be written, as the log says.
   */
  takeParent(): "taken" | "running" | "failed" {
    if (pidFileHolder(this.#paths.vrrp) !== undefined) return "running";
    const taken = takePidFile(this.#paths.parent, process.pid, {
      rivals: RIVALS,
      isUserChosen: this.#isUserChosen.parent,
    });
    if (taken.kind === "failed") this.#log("error", `Cannot write the pid file: ${taken.reason}`);
    if (taken.kind === "taken") this.#parent = this.#keep(taken);
    return taken.kind;
  }

  /** A file without a pid in it is of no use to other programs; its lock is. */
  #keep({ file, writeError }: Extract<TakenPidFile, { kind: "taken" }>): PidFile {
    if (writeError !== undefined) {
      this.#log("warning", `Cannot write the pid file ${file.path}: ${writeError}`);
    }
    return file;
  }

  /** The child that a daemon which was killed left in its pid file; there may be no such process any more. */
  formerVrrp(): number | undefined {
    return readPidFile(this.#paths.vrrp);
  }

  /** Writes the child's pid, the first or a new one. */
  writeVrrp(pid: number): void {
    const known = this.#vrrp;
    if (known !== undefined) {
      this.#attempt("write", known.path, () => known.write(pid));
      return;
    }
    const taken = takePidFile(this.#paths.vrrp, pid, { isUserChosen: this.#isUserChosen.vrrp });
    if (taken.kind === "taken") this.#vrrp = this.#keep(taken);
    else this.#log("error", `Cannot write the pid file ${this.#paths.vrrp}`);
  }

  release(): void {
    for (const file of [this.#vrrp, this.#parent]) {
      if (file !== undefined) this.#attempt("remove", file.path, () => file.remove());
    }
  }

  /** A full or broken disk is no reason to end. */
  #attempt(verb: string, path: string, operation: () => void): void {
    try {
      operation();
    } catch (error) {
      this.#log("error", `Cannot ${verb} the pid file ${path}: ${(error as Error).message}`);
    }
  }
}
