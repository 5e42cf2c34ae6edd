// One child process: starts it, sends it orders, and reports its end.

import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import type { Micros } from "../lib/micros.ts";
import { boottime } from "../os/loop/clock.ts";
import { childArguments, environmentWithoutTls } from "../process/child-start.ts";
import type { Order, Report } from "../process/messages.ts";
import { OrderSender } from "../process/orders.ts";
import type { Child, SpawnRequest } from "./ports.ts";

/** How long reports can still be in the channel after the child's exit. */
const LATE_REPORTS_MILLIS = 50;

export interface ChildCommand {
  /** The program's main file. */
  readonly main: string;
  readonly role: string;
  /** The name that the daemon was started as: holdfast or keepalived. */
  readonly programName: string;
  /** Whether it inherits our standard output and error. */
  readonly inheritsOutput: boolean;
}

/** Starts a child; undefined if that fails, with the reason in `request.onFailed`. */
export function startChild<Part, Sent, Obeyed>(
  command: ChildCommand,
  request: SpawnRequest<Sent>,
): Child<Part, Obeyed> | undefined {
  const startedAt = boottime();
  const output = command.inheritsOutput ? "inherit" : "ignore";
  const stdio: StdioOptions = ["ignore", output, output, "ipc", ...request.descriptors];
  let started: ChildProcess;
  try {
    const words = childArguments(command.main, command.role, [command.programName]);
    started = spawn(process.execPath, words, {
      stdio,
      serialization: "advanced",
      env: environmentWithoutTls(),
    });
  } catch (error) {
    request.onFailed((error as Error).message);
    return undefined;
  }
  const { pid } = started;
  // An error of a running child is a broken channel: it exits, and `close` follows.
  started.on("error", (error) => {
    if (pid === undefined) request.onFailed(error.message);
  });
  return pid === undefined ? undefined : new RunningChild(started, pid, startedAt, request);
}

class RunningChild<Part, Sent, Obeyed> implements Child<Part, Obeyed> {
  readonly pid: number;
  readonly startedAt: Micros;
  readonly #process: ChildProcess;
  readonly #orders: OrderSender<Part, Obeyed>;

  constructor(started: ChildProcess, pid: number, startedAt: Micros, request: SpawnRequest<Sent>) {
    this.pid = pid;
    this.startedAt = startedAt;
    this.#process = started;
    this.#orders = new OrderSender((message, onSent) => {
      // A message that fits into the channel leaves at once; let the event loop run before the next one.
      if (started.connected) started.send(message, () => void setImmediate(onSent));
    });
    started.on("message", (message) => request.onReport(message as Report<Sent>));
    let hasEnded = false;
    const end = (status: number | null, signal: NodeJS.Signals | null): void => {
      if (hasEnded) return;
      hasEnded = true;
      request.onEnd({ status, signal });
    };
    started.once("close", end);
    // If another process has the channel open too, `close` never comes.
    started.once("exit", (status, signal) => {
      setTimeout(() => setImmediate(end, status, signal), LATE_REPORTS_MILLIS);
    });
  }

  send(order: Order<Part, Obeyed>): void {
    this.#orders.send(order);
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}
