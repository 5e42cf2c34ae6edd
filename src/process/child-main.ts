// The life of a child process, whatever its role: its parent, its signals, its log, its end.

import type { ProcessOptions } from "../config/config.ts";
import type { Log } from "../lib/log.ts";
import { secondsText } from "../lib/micros.ts";
import { errnoNumber, SystemError } from "../os/ffi/errno.ts";
import type { OpenLog } from "../os/log/log.ts";
import { cpuUsage } from "../os/process/cpu-usage.ts";
import { mapMemoryFile } from "../os/process/memory-file.ts";
import { exitNow, signalOnParentDeath } from "../os/process/process-control.ts";
import { dropPriority } from "../os/process/scheduling.ts";
import { ignoreStraySignals, onSignal } from "../os/process/signal.ts";
import { inheritedFd } from "./child-start.ts";
import {
  childStatus,
  EXIT_FATAL,
  EXIT_INTERNAL,
  EXIT_MISSING_PERMISSION,
  EXIT_OK,
} from "./exit-code.ts";
import { type LogSettings, openProcessLog } from "./process-log.ts";
import { applyProcessOptions, attempt, nameProcess } from "./process-settings.ts";
import { RECORD_FILE_OCTETS, RecordFile } from "./record.ts";
import { stackText } from "./stack-text.ts";

/** The first order that every child gets; a role adds its own fields. */
export interface StartOrder {
  readonly kind: "start";
  readonly log: LogSettings;
  /** Continue from the records of the process before, which was killed. */
  readonly resume: boolean;
}

/** What a role's own code is given by the process that it runs in. */
export interface ChildPorts<Report> {
  readonly records: RecordFile;
  readonly log: Log;
  /** Does `work`; the lines that it logs are written together. */
  readonly together: (work: () => void) => void;
  readonly report: (report: Report) => void;
  /** Everything is released: the process may end. */
  readonly onStopped: () => void;
  /** A bug or a broken kernel interface: ends the process. */
  readonly onFatal: (error: unknown) => void;
}

/** A role's own code while it runs. */
export interface RunningChild<Order> {
  obey(order: Order): void;
  /** Begins the orderly end, which `onStopped` reports. */
  stop(): void;
}

/** What the life of a child must know of its role. */
export interface ChildRole<
  Start extends StartOrder,
  Order extends { readonly kind: string },
  Report,
> {
  /** As in process titles: `vrrp`. */
  readonly name: string;
  /** As in the log: `Keepalived_vrrp`. */
  readonly identity: string;
  /** The order in a message of the parent; undefined if it is none. */
  readonly parseOrder: (message: unknown) => Start | Order | undefined;
  /** Name and scheduling that the configuration wants. */
  readonly settings: (start: Start) => {
    readonly processName: string | undefined;
    readonly options: ProcessOptions;
  };
  /** Starts the role's work. Throws if it cannot run. */
  readonly start: (start: Start, ports: ChildPorts<Report>) => RunningChild<Order>;
}

/** Runs this process as a child of `role`. `programName`: what the daemon was started as. */
export function runChild<Start extends StartOrder, Order extends { readonly kind: string }, Report>(
  role: ChildRole<Start, Order, Report>,
  programName: string,
): void {
  const parent = process.ppid;
  const child = new Child(role, programName);
  ignoreStraySignals();
  onSignal("SIGTERM", () => child.stop("SIGTERM"));
  // The terminal and `killall` send these to every process of the daemon; only the parent acts on them.
  for (const name of ["SIGINT", "SIGHUP", "SIGUSR2", "SIGRTMAX-1", "SIGRTMIN+2"]) {
    onSignal(name, () => undefined);
  }
  nameProcess(programName, role.name, undefined);
  // The parent may have died while this process was starting: then no signal comes.
  if (!signalOnParentDeath("SIGTERM", parent)) child.stop("the end of the parent");
  process.on("disconnect", () => child.stop("the end of the parent"));
  process.on("message", (message) => {
    const order = role.parseOrder(message);
    if (order === undefined) child.fail(new Error("the parent sent a message that is no order"));
    else child.obey(order);
  });
  process.on("uncaughtException", (error) => child.fail(error));
  process.on("unhandledRejection", (error) => child.fail(error));
}

/** Waits for the order to start, runs, stops. */
class Child<Start extends StartOrder, Order extends { readonly kind: string }, Report> {
  readonly #role: ChildRole<Start, Order, Report>;
  readonly #programName: string;
  #running: RunningChild<Order> | undefined;
  #isStopping = false;
  #openLog: OpenLog | undefined;
  #isDetailed = false;
  readonly #log: Log = (level, text) => this.#openLog?.log(level, text);

  constructor(role: ChildRole<Start, Order, Report>, programName: string) {
    this.#role = role;
    this.#programName = programName;
  }

  obey(order: Start | Order): void {
    if (this.#isStopping) return;
    if (!isStart<Start>(order)) this.#running?.obey(order as Order);
    else if (this.#running === undefined) this.#start(order);
    else this.fail(new Error("the parent started this process twice"));
  }

  stop(cause: string): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    if (this.#running === undefined) this.#exit(EXIT_OK);
    if (cause !== "SIGTERM") this.#log("error", `Stopping after ${cause}`);
    this.#running.stop();
  }

  /** A bug: this process ends, and the parent starts another one. */
  fail(error: unknown): never {
    for (const line of stackText(error).split("\n")) this.#log("error", line);
    return this.#exit(EXIT_INTERNAL);
  }

  #start(order: Start): void {
    const role = this.#role;
    const { processName, options } = role.settings(order);
    this.#openLog = openProcessLog(role.identity, order.log);
    this.#isDetailed = order.log.detail;
    try {
      const records = new RecordFile(mapMemoryFile(inheritedFd(0), RECORD_FILE_OCTETS));
      nameProcess(this.#programName, role.name, processName);
      if (!order.resume) applyProcessOptions(options, this.#log);
      this.#running = role.start(order, {
        records,
        log: this.#log,
        together: this.#openLog.batch,
        report: (report) => this.#report(report),
        onStopped: () => this.#end(),
        onFatal: (error) => this.fail(error),
      });
      if (order.resume) {
        // The parent started it with a raised priority, which ends now that it runs.
        attempt("the ordinary scheduling", this.#log, dropPriority);
        applyProcessOptions(options, this.#log);
      }
    } catch (error) {
      this.#log("error", `Cannot run: ${(error as Error).message}`);
      this.#exit(statusAfter(error));
    }
  }

  #report(report: Report): void {
    // Without a parent nobody reads it; the stop has begun.
    if (process.connected) process.send?.(report, undefined, undefined, () => undefined);
  }

  /** Sends the last reports, then ends the process. */
  #end(): void {
    this.#log("info", stopLine(this.#isDetailed));
    if (!process.connected) this.#exit(EXIT_OK);
    process.removeAllListeners("disconnect");
    process.send?.({ kind: "stopped" }, undefined, undefined, () => this.#exit(EXIT_OK));
  }

  /** Writes the log's last lines and ends without Node's clean-up, which locked memory can hold up. */
  #exit(status: number): never {
    this.#openLog?.close();
    exitNow(status);
  }
}

function isStart<Start extends StartOrder>(order: { readonly kind: string }): order is Start {
  return order.kind === "start";
}

/** keepalived's line; the processor time only with -D. */
function stopLine(isDetailed: boolean): string {
  if (!isDetailed) return "Stopped";
  const { userMicros, systemMicros } = cpuUsage("self");
  const times = `${secondsText(userMicros)} user time, ${secondsText(systemMicros)} system time`;
  return `Stopped - used ${times}`;
}

/** Shortages that may pass: no permanent error. */
const PASSING: ReadonlySet<number> = new Set([
  errnoNumber.EAGAIN,
  errnoNumber.EINTR,
  errnoNumber.EMFILE,
  errnoNumber.ENFILE,
  errnoNumber.ENOBUFS,
  errnoNumber.ENOMEM,
]);

/** The errno of a system call that failed, ours or Node's; undefined for any other error. */
function errnoOf(error: unknown): number | undefined {
  if (error instanceof SystemError) return error.errno;
  // Node's own errors carry it negated.
  const errno = error instanceof Error ? (error as NodeJS.ErrnoException).errno : undefined;
  return errno === undefined ? undefined : Math.abs(errno);
}

function statusAfter(error: unknown): number {
  const errno = errnoOf(error);
  if (errno !== undefined && PASSING.has(errno)) return EXIT_INTERNAL;
  // Every capability of a user namespace counts for nothing in a network that belongs to another one.
  const isForbidden = error instanceof SystemError && errno === errnoNumber.EPERM;
  return childStatus(isForbidden ? EXIT_MISSING_PERMISSION : EXIT_FATAL);
}
