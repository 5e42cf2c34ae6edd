// The vrrp process from its first moment to its last: its parent, its signals, its log, its end.

import type { Log } from "../../lib/log.ts";
import { errnoNumber, SystemError } from "../../os/ffi/errno.ts";
import type { OpenLog } from "../../os/log/log.ts";
import { cpuUsage } from "../../os/process/cpu-usage.ts";
import { mapMemoryFile } from "../../os/process/memory-file.ts";
import { exitNow, signalOnParentDeath } from "../../os/process/process-control.ts";
import { calm } from "../../os/process/scheduling.ts";
import { ignoreStraySignals, onSignal } from "../../os/process/signal.ts";
import { applyProcessOptions, attempt } from "../../process/apply-process-options.ts";
import {
  childStatus,
  EXIT_FATAL,
  EXIT_INTERNAL,
  EXIT_MISSING_PERMISSION,
  EXIT_OK,
} from "../../process/exit-code.ts";
import { inheritedFd } from "../../process/inherited-fd.ts";
import { type Order, parseOrder, type Report } from "../../process/ipc.ts";
import { openProcessLog } from "../../process/open-log.ts";
import { nameProcess } from "../../process/process-name.ts";
import { RECORD_FILE_OCTETS, RecordFile } from "../../process/record.ts";
import { childStopLine } from "../../process/stop-lines.ts";
import { VrrpProcess } from "./vrrp.ts";

/** Runs the vrrp process of the daemon that was started as `programName`; its parent speaks through Node's channel. */
export function runVrrp(programName: string): void {
  const parent = process.ppid;
  const child = new VrrpChild(programName);
  ignoreStraySignals();
  onSignal("SIGTERM", () => child.stop("SIGTERM"));
  // The terminal, and `killall`, send these to every process of the daemon: only the parent acts on them.
  for (const name of ["SIGINT", "SIGHUP", "SIGUSR2", "SIGRTMAX-1", "SIGRTMIN+2"]) {
    onSignal(name, () => undefined);
  }
  nameProcess(programName, "vrrp", undefined);
  // The parent may have died while this process was starting: then no signal comes.
  if (!signalOnParentDeath("SIGTERM", parent)) child.stop("the end of the parent");
  process.on("disconnect", () => child.stop("the end of the parent"));
  process.on("message", (message) => {
    const order = parseOrder(message);
    if (order === undefined) child.fail(new Error("the parent sent what is no order"));
    else child.obey(order);
  });
  process.on("uncaughtException", (error) => child.fail(error));
  process.on("unhandledRejection", (error) => child.fail(error));
}

/** The life of this process: waiting for the order to start, running, stopping. */
class VrrpChild {
  readonly #programName: string;
  #running: VrrpProcess | undefined;
  #isStopping = false;
  #openLog: OpenLog | undefined;
  #isDetailed = false;
  readonly #log: Log = (level, text) => this.#openLog?.log(level, text);

  constructor(programName: string) {
    this.#programName = programName;
  }

  obey(order: Order): void {
    if (order.kind === "start") this.#start(order);
    else if (!this.#isStopping) this.#running?.obey(order);
  }

  stop(cause: string): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    if (this.#running === undefined) this.#exit(EXIT_OK);
    if (cause !== "SIGTERM") this.#log("error", `Stopping after ${cause}`);
    this.#running.stop();
  }

  /** A bug: this process ends, and the parent has another one go on. */
  fail(error: unknown): never {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    for (const line of text.split("\n")) this.#log("error", line);
    return this.#exit(EXIT_INTERNAL);
  }

  #start(order: Extract<Order, { kind: "start" }>): void {
    if (this.#isStopping) return;
    this.#openLog = openProcessLog("Keepalived_vrrp", order.log);
    this.#isDetailed = order.log.detail;
    try {
      const records = new RecordFile(mapMemoryFile(inheritedFd(0), RECORD_FILE_OCTETS));
      nameProcess(this.#programName, "vrrp", order.config.global);
      const { vrrpProcess } = order.config.global;
      if (!order.resume) applyProcessOptions(vrrpProcess, this.#log);
      this.#running = new VrrpProcess({
        order,
        records,
        log: this.#log,
        together: this.#openLog.together,
        report: (report) => this.#report(report),
        onStopped: () => this.#end(),
        onFatal: (error) => this.fail(error),
      });
      this.#running.start();
      if (order.resume) {
        // Started in a hurry, it lives by the ordinary rules now that its adverts leave again.
        attempt("the ordinary scheduling", this.#log, calm);
        applyProcessOptions(vrrpProcess, this.#log);
      }
    } catch (error) {
      this.#log("error", `Cannot run: ${(error as Error).message}`);
      this.#exit(statusAfter(error));
    }
  }

  #report(report: Report): void {
    // Without a parent there is nobody to tell: the stop is under way.
    if (process.connected) process.send?.(report, undefined, undefined, () => undefined);
  }

  /** Everything is released: the last reports leave, then the process ends. */
  #end(): void {
    this.#log("info", childStopLine(cpuUsage("self"), this.#isDetailed));
    if (!process.connected) this.#exit(EXIT_OK);
    process.removeAllListeners("disconnect");
    process.send?.({ kind: "stopped" } satisfies Report, undefined, undefined, () =>
      this.#exit(EXIT_OK),
    );
  }

  /** The log's last lines leave; then the process ends without a clean-up that locked memory could hold up. */
  #exit(status: number): never {
    this.#openLog?.close();
    exitNow(status);
  }
}

/** What the machine lacks at this moment it may have soon: that is no permanent error. */
const PASSING: ReadonlySet<number> = new Set([
  errnoNumber.EAGAIN,
  errnoNumber.EINTR,
  errnoNumber.EMFILE,
  errnoNumber.ENFILE,
  errnoNumber.ENOBUFS,
  errnoNumber.ENOMEM,
]);

/** A failed system call's errno, by whoever made the call; undefined for any other error. */
function errnoOf(error: unknown): number | undefined {
  if (error instanceof SystemError) return error.errno;
  // Node's own errors carry it negated.
  const errno = error instanceof Error ? (error as NodeJS.ErrnoException).errno : undefined;
  return errno === undefined ? undefined : Math.abs(errno);
}

function statusAfter(error: unknown): number {
  const errno = errnoOf(error);
  if (errno !== undefined && PASSING.has(errno)) return EXIT_INTERNAL;
  // All capabilities of a user namespace are none over a network that is not its own.
  const isForbidden = error instanceof SystemError && errno === errnoNumber.EPERM;
  return childStatus(isForbidden ? EXIT_MISSING_PERMISSION : EXIT_FATAL);
}
