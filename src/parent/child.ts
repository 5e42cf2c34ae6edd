// One child process of the parent: how it is started, spoken to, and seen to die.

import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import type { Micros } from "../lib/micros.ts";
import { boottime } from "../os/loop/clock.ts";
import { childArguments } from "../process/child-start.ts";
import { type Order, parseReport, type Report } from "../process/ipc.ts";

/** How long after its death reports of a child may still wait in the channel. */
const LATE_REPORTS_MILLIS = 50;

export interface ChildEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  /** The file that this program was started from. */
  readonly main: string;
  readonly role: "vrrp";
  /** The name the daemon was started under: holdfast or keepalived. */
  readonly programName: string;
  /** Whether it writes to our standard output and error. */
  readonly inheritsOutput: boolean;
  /** Descriptors to hand on; `inheritedFd` tells their numbers on the other side. */
  readonly descriptors: readonly number[];
  readonly onReport: (report: Report) => void;
  /** Called once instead of all others when there is no process or descriptor to be had; before or after `startChild` returns. */
  readonly onFailed: (reason: string) => void;
  /** Called once, when the process is dead and what it sent has been read. */
  readonly onEnd: (end: ChildEnd) => void;
  /** Something came through the channel that is no report: a bug. */
  readonly onGarbage: (message: unknown) => void;
}

/** Starts a child; undefined when that fails, which `onFailed` explains. */
export function startChild(options: ChildOptions): Child | undefined {
  const startedAt = boottime();
  const output = options.inheritsOutput ? "inherit" : "ignore";
  const stdio: StdioOptions = ["ignore", output, output, "ipc", ...options.descriptors];
  let started: ChildProcess;
  try {
    const words = childArguments(options.main, options.role, [options.programName]);
    started = spawn(process.execPath, words, { stdio, serialization: "advanced" });
  } catch (error) {
    options.onFailed((error as Error).message);
    return undefined;
  }
  const { pid } = started;
  // Of one that runs, a channel that breaks: it ends, and `close` tells.
  started.on("error", (error) => {
    if (pid === undefined) options.onFailed(error.message);
  });
  return pid === undefined ? undefined : new Child(started, pid, startedAt, options);
}

/** A running child of ours. */
export class Child {
  readonly pid: number;
  readonly startedAt: Micros;
  readonly #process: ChildProcess;

  constructor(started: ChildProcess, pid: number, startedAt: Micros, options: ChildOptions) {
    this.pid = pid;
    this.startedAt = startedAt;
    this.#process = started;
    started.on("message", (message) => {
      const report = parseReport(message);
      if (report === undefined) options.onGarbage(message);
      else options.onReport(report);
    });
    let hasEnded = false;
    const end = (status: number | null, signal: NodeJS.Signals | null): void => {
      if (hasEnded) return;
      hasEnded = true;
      options.onEnd({ status, signal });
    };
    started.once("close", end);
    // Another process can have the channel open too: then it never closes.
    started.once("exit", (status, signal) => {
      setTimeout(() => setImmediate(end, status, signal), LATE_REPORTS_MILLIS);
    });
  }

  /** Sends `order`; a child that is gone does not hear it, and its end is told by `onEnd`. */
  tell(order: Order): void {
    if (this.#process.connected) this.#process.send(order, () => undefined);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}
