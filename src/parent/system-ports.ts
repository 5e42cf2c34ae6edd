// The supervisor's ports in the daemon: Node's timers, real processes, the kernel.

import { type Micros, timerMillis } from "../lib/micros.ts";
import { boottime } from "../os/loop/clock.ts";
import { closeDescriptor } from "../os/net/socket.ts";
import { duplicateFrom, isProcessDead, isProcessStopped } from "../os/process/process-control.ts";
import { boostPriority } from "../os/process/scheduling.ts";
import { onSignal } from "../os/process/signal.ts";
import { type ChildCommand, startChild } from "./child.ts";
import type { Cancel, SupervisorPorts, Timers } from "./ports.ts";

/** Node's timers with CLOCK_BOOTTIME. */
export const systemTimers: Timers = {
  now: boottime,
  after(micros: Micros, act: () => void): Cancel {
    const timer = setTimeout(act, timerMillis(micros));
    return () => clearTimeout(timer);
  },
};

/** The ports of a supervisor whose children are started by `command`. */
export function systemPorts<Part, Sent, Obeyed>(
  command: ChildCommand,
): SupervisorPorts<Part, Sent, Obeyed> {
  return {
    ...systemTimers,
    spawn: (request) => startChild(command, request),
    boostPriority: (pid) => void boostPriority(pid),
    isStopped,
    onChildChanged: (look) => void onSignal("SIGCHLD", look),
    duplicateFrom,
    closeDescriptor,
  };
}

/** False if unknown: the heartbeat then decides. */
function isStopped(pid: number): boolean {
  return orFalse(() => isProcessStopped(pid));
}

/** Whether the child `pid` has ended. False if unknown: it is then taken for alive until its end is reported. */
export function isDead(pid: number): boolean {
  return orFalse(() => isProcessDead(pid));
}

/** The answer of `ask`, or false if it fails: out of descriptors, /proc cannot be read. */
function orFalse(ask: () => boolean): boolean {
  try {
    return ask();
  } catch {
    return false;
  }
}
