// The supervisor's interface to the outside. The simulation has its own implementation.

import type { Micros } from "../lib/micros.ts";
import type { Order, Report } from "../process/messages.ts";

/** Cancels a timer; does nothing if it has fired. */
export type Cancel = () => void;

export interface Timers {
  now(): Micros;
  /** Calls `act` once, after `micros`. */
  after(micros: Micros, act: () => void): Cancel;
}

export interface SupervisorPorts<Part, Sent, Obeyed> extends Timers {
  /** Starts a child; undefined if that fails, with the reason in `onFailed`. */
  spawn(request: SpawnRequest<Sent>): Child<Part, Obeyed> | undefined;
  /** Raises the priority of a child that resumes; the child lowers it again. */
  boostPriority(pid: number): void;
  /** Whether a signal has stopped the process; false if unknown. */
  isStopped(pid: number): boolean;
  /** Calls `look` whenever the state of some child has changed (SIGCHLD). */
  onChildChanged(look: () => void): void;
  /** Duplicates a child's descriptor. Throws an Error if that fails. */
  duplicateFrom(pid: number, fd: number): number;
  closeDescriptor(fd: number): void;
}

export interface SpawnRequest<Sent> {
  /** Descriptors that the child inherits; `inheritedFd` gives their numbers there. */
  readonly descriptors: readonly number[];
  readonly onReport: (report: Report<Sent>) => void;
  /** Called once, and no other, if no process can be started; before or after `spawn` returns. */
  readonly onFailed: (reason: string) => void;
  /** Called once, after the process has ended and its reports have been read. */
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
  /** Sends `order`, if the child still runs. */
  send(order: Order<Part, Obeyed>): void;
  kill(signal: NodeJS.Signals): void;
}
