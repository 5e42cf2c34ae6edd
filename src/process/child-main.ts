// What every child process does, whatever its role: signals, orders, log, exit.

import { unreachable } from "../lib/assert.ts";
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
import type { Order, Report, StartOrder } from "./messages.ts";
import { type OrderMessage, OrderReceiver } from "./orders.ts";
import { openProcessLog } from "./process-log.ts";
import { applyProcessOptions, attempt, nameProcess } from "./process-settings.ts";
import { RecordFile, recordFileOctets } from "./record.ts";
import type { ChildProgram, OwnMessage, Role, RunningChild } from "./role.ts";
import { stackText } from "./stack-text.ts";

type AnyOrder = Order<unknown, OwnMessage>;
type Program = ChildProgram<unknown, OwnMessage, OwnMessage>;

/** Runs this process as a child of `role`. `programName`: what the daemon was started as. */
export async function runChild(role: Role, programName: string): Promise<void> {
  const parent = process.ppid;
  const child = new Child(role, programName);
  ignoreStraySignals();
  onSignal("SIGTERM", () => child.stop("SIGTERM"));
  // The terminal sends it to every process of the daemon, but only the parent acts on it. `runProgram` handles the other
  // signals that `killall` sends.
  onSignal("SIGINT", () => undefined);
  nameProcess(programName, role.name, undefined);
  // If the parent died before this call, no signal comes.
  if (!signalOnParentDeath("SIGTERM", parent)) child.stop("the end of the parent");
  process.on("disconnect", () => child.stop("the end of the parent"));
  process.on("uncaughtException", (error) => child.fail(error));
  process.on("unhandledRejection", (error) => child.fail(error));
  const program = await role.load();
  const receiver = new OrderReceiver<OwnMessage>();
  process.on("message", (message) => {
    const order = receiver.take(message as OrderMessage<OwnMessage>);
    if (order !== undefined) child.obey(order, program);
  });
}

class Child {
  readonly #role: Role;
  readonly #programName: string;
  #running: RunningChild<unknown, OwnMessage> | undefined;
  #isStopping = false;
  #openLog: OpenLog | undefined;
  #isDetailed = false;
  readonly #log: Log = (level, text) => this.#openLog?.log(level, text);

  constructor(role: Role, programName: string) {
    this.#role = role;
    this.#programName = programName;
  }

  obey(order: AnyOrder, program: Program): void {
    if (this.#isStopping) return;
    switch (order.kind) {
      case "start":
        this.#start(order, program);
        break;
      case "reload":
        this.#log("info", "Reloading");
        this.#running?.reload(order.part, order.generation);
        break;
      case "dump":
        if (this.#running !== undefined) this.#answer(order.id, this.#running.dump(order.dump));
        break;
      case "own":
        this.#running?.obey(order.order);
        break;
      default:
        unreachable(order);
    }
  }

  stop(cause: string): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    if (this.#running === undefined) this.#exit(EXIT_OK);
    if (cause !== "SIGTERM") this.#log("error", `Stopping after ${cause}`);
    this.#running.stop();
  }

  /** Logs a bug and exits; the parent starts another process. */
  fail(error: unknown): never {
    for (const line of stackText(error).split("\n")) this.#log("error", line);
    return this.#exit(EXIT_INTERNAL);
  }

  #start(order: StartOrder<unknown>, program: Program): void {
    const role = this.#role;
    const openLog = openProcessLog(role.logIdentity, order.log);
    this.#openLog = openLog;
    this.#isDetailed = order.log.detail;
    const options = role.processOptions(order.part);
    process.umask(order.umask);
    try {
      const records = new RecordFile(
        mapMemoryFile(inheritedFd(0), recordFileOctets(role.records)),
        role.records,
      );
      nameProcess(this.#programName, role.name, role.processName(order.part));
      if (!order.resume) applyProcessOptions(options, this.#log);
      this.#running = program.start(order, {
        records,
        links: new Map(order.links.map(({ label, fd }) => [label, fd])),
        log: this.#log,
        together: openLog.batch,
        report: (report) => this.#report({ kind: "own", report }),
        keep: (descriptors) => this.#report({ kind: "keep", descriptors }),
        onReloaded: (generation) => this.#report({ kind: "reloaded", generation }),
        onStopped: () => this.#end(),
        onFatal: (error) => this.fail(error),
      });
      this.#report({ kind: "ready", generation: order.generation });
      if (order.resume) {
        // The parent raised its priority for the start.
        attempt("the ordinary scheduling", this.#log, dropPriority);
        applyProcessOptions(options, this.#log);
      }
    } catch (error) {
      this.#log("error", `Cannot run: ${(error as Error).message}`);
      this.#exit(statusAfter(error));
    }
  }

  #report(report: Report<OwnMessage>): void {
    // If the parent is gone, this process is already stopping.
    if (process.connected) process.send?.(report, undefined, undefined, () => undefined);
  }

  /** Sends `pieces` one by one, with turns of the event loop in between. */
  #answer(id: number, pieces: Iterator<unknown, undefined>): void {
    const { done, value: piece } = pieces.next();
    this.#report({ kind: "snapshot", id, piece });
    if (done !== true) setImmediate(() => this.#answer(id, pieces));
  }

  /** Sends the last reports, then ends the process. */
  #end(): void {
    this.#log("info", stopLine(this.#isDetailed));
    if (!process.connected) this.#exit(EXIT_OK);
    process.removeAllListeners("disconnect");
    const stopped: Report<OwnMessage> = { kind: "stopped" };
    process.send?.(stopped, undefined, undefined, () => this.#exit(EXIT_OK));
  }

  /** Writes the last log lines and exits without Node's clean-up, which is slow with locked memory. */
  #exit(status: number): never {
    this.#openLog?.close();
    exitNow(status);
  }
}

/** keepalived's line; processor times only with -D. */
function stopLine(isDetailed: boolean): string {
  if (!isDetailed) return "Stopped";
  const { userMicros, systemMicros } = cpuUsage("self");
  const times = `${secondsText(userMicros)} user time, ${secondsText(systemMicros)} system time`;
  return `Stopped - used ${times}`;
}

/** Temporary shortages, after which a restart can succeed. */
const TEMPORARY: ReadonlySet<number> = new Set([
  errnoNumber.EAGAIN,
  errnoNumber.EINTR,
  errnoNumber.EMFILE,
  errnoNumber.ENFILE,
  errnoNumber.ENOBUFS,
  errnoNumber.ENOMEM,
]);

/** The errno of a failed system call, ours or Node's; undefined for any other error. */
function errnoOf(error: unknown): number | undefined {
  if (error instanceof SystemError) return error.errno;
  // Node negates it.
  const errno = error instanceof Error ? (error as NodeJS.ErrnoException).errno : undefined;
  return errno === undefined ? undefined : Math.abs(errno);
}

function statusAfter(error: unknown): number {
  const errno = errnoOf(error);
  if (errno !== undefined && TEMPORARY.has(errno)) return EXIT_INTERNAL;
  // EPERM even with all capabilities: the network namespace belongs to another user namespace.
  const isForbidden = error instanceof SystemError && errno === errnoNumber.EPERM;
  return childStatus(isForbidden ? EXIT_MISSING_PERMISSION : EXIT_FATAL);
}
