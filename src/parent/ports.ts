// What the supervisor of a child does outside of itself. The simulation has another one of these.

import type { Micros } from "../lib/micros.ts";
import type { Order, Report } from "../process/messages.ts";

/** Takes a timer back that has not fired; else it does nothing. */
export type Cancel = () => void;

export interface Timers {
  now(): Micros;
  /** Calls `act` once, `micros` from now. */
  after(micros: Micros, act: () => void): Cancel;
}

export interface SupervisorPorts<Part, Sent, Obeyed> extends Timers {
  /** Starts a child; undefined when that fails, which `onFailed` explains. */
  spawn(request: SpawnRequest<Sent>): Child<Part, Obeyed> | undefined;
  /** Lets a child that resumes run before ordinary processes; it ends that itself. */
  boostPriority(pid: number): void;
  /** Whether a signal has stopped the process; false where that cannot be found out. */
  isStopped(pid: number): boolean;
  /** Calls `look` whenever the state of some child has changed (SIGCHLD). */
  onChildChanged(look: () => void): void;
  /** A duplicate of a child's descriptor. An Error when there is none. */
  duplicateFrom(pid: number, fd: number): number;
  closeDescriptor(fd: number): void;
}

export interface SpawnRequest<Sent> {
  /** Descriptors to hand on; `inheritedFd` gives their numbers on the other side. */
  readonly descriptors: readonly number[];
  readonly onReport: (report: Report<Sent>) => void;
  /** Called once instead of all others when no process can be started; before or after `spawn` returns. */
  readonly onFailed: (reason: string) => void;
  /** Called once, when the process is dead and its reports have been read. */
  readonly onEnd: (end: ChildEnd) => void;
}

export interface ChildEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running child. */
export interface Child<Part, Obeyed> {
  readonly pid: number;
  readonly startedAt: Micros;
  /** Sends `order`; a child that is gone does not get it. */
  send(order: Order<Part, Obeyed>): void;
  kill(signal: NodeJS.Signals): void;
}
