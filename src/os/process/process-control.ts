// What one process asks of the kernel about itself and its relatives: names, privileges, life and death, descriptors.

import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { call, declare, libc } from "../ffi/ffi.ts";

const waitpid = declare("int waitpid(int, void *, int)");
const setThreadName = declare("int prctl(int, const char *)");

/** linux/prctl.h, linux/fcntl.h, linux/wait.h, and the system call numbers that all architectures share. */
const PR_SET_PDEATHSIG = 1;
const PR_SET_NAME = 15;
const F_DUPFD_CLOEXEC = 1030;
const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;
const WNOHANG = 1;

/** linux/capability.h: the privileges that some part of the program uses, by their bits. */
const capabilityBits = {
  CAP_DAC_OVERRIDE: 1,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_NET_BIND_SERVICE: 10,
  CAP_NET_ADMIN: 12,
  CAP_NET_RAW: 13,
  CAP_IPC_LOCK: 14,
  CAP_SYS_MODULE: 16,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_NICE: 23,
  CAP_SYS_RESOURCE: 24,
} as const;

export type Capability = keyof typeof capabilityBits;

/** Those of `wanted` that the process does not have in force. `status` is the text of /proc/PID/status. */
export function missingCapabilities(
  wanted: readonly Capability[],
  status: string = readFileSync("/proc/self/status", "utf8"),
): Capability[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return wanted.filter((name) => ((effective >> BigInt(capabilityBits[name])) & 1n) === 0n);
}

/**
 * Has the kernel send `signal` to this process when its parent ends; install the handler first. False when `parent`
 * had ended already: then no signal will come. Asked for again after every change of user.
 */
export function signalOnParentDeath(signal: NodeJS.Signals, parent: number): boolean {
  const number = constants.signals[signal];
  call("prctl PR_SET_PDEATHSIG", libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0));
  return process.ppid === parent;
}

/**
 * Sets what `ps` shows (`title`, cut to the room that the command line left) and what `killall`, `pgrep` and
 * /proc/PID/comm go by (`command`, at most 15 octets). Node's `process.title` alone sets both to the same. Only for the
 * main thread, whose name is the name of the process.
 */
export function setProcessNames(title: string, command: string): void {
  process.title = title;
  // Not by /proc/self/comm: containers mount /proc read-only.
  call("prctl PR_SET_NAME", setThreadName(PR_SET_NAME, command) as number);
}

/** How a process was when asked. */
export interface ProcessStatus {
  /** Ended but not yet waited for, or just ending. */
  readonly ended: boolean;
  /** Stopped by a signal (SIGSTOP); not one that a debugger holds. */
  readonly stopped: boolean;
  readonly parentPid: number;
  /** When it started, in clock ticks since the machine started: tells it from a later process of the same number. */
  readonly startTicks: number;
}

/**
 * The status of a process, or undefined when there is none of that number. An Error when that cannot be found out
 * (too many open files, say), which is not the same.
 */
export function readProcessStatus(pid: number): ProcessStatus | undefined {
  try {
    return parseProcessStatus(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ESRCH when it ends between open and read.
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

/** Reads the line of /proc/PID/stat (man 5 proc); undefined when it is none. */
export function parseProcessStatus(line: string): ProcessStatus | undefined {
  // The second field, the name, may hold spaces and parentheses: the fields are counted from its end.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const startTicks = Number(fields[19]);
  if (fields.length < 20 || !Number.isSafeInteger(startTicks)) return undefined;
  const [state] = fields;
  const ended = state === "Z" || state === "X";
  return { ended, stopped: state === "T", parentPid: Number(fields[1]), startTicks };
}

/** The processes that have ended and that this process, their parent by now, has not waited for. */
export function endedChildren(): number[] {
  const numbers = readdirSync("/proc").filter((name) => /^[1-9][0-9]*$/.test(name));
  return numbers.map(Number).filter((pid) => {
    const status = readProcessStatus(pid);
    return status?.ended === true && status.parentPid === process.pid;
  });
}

/** Takes note of the end of `pid`, so that the kernel forgets it. Nobody else hears of that end any more. */
export function reap(pid: number): void {
  waitpid(pid, null, WNOHANG);
}

/** Whether a signal stopped the process `pid`, which may be gone. */
export function isProcessStopped(pid: number): boolean {
  return readProcessStatus(pid)?.stopped === true;
}

/** Whether the process that started at `startTicks` (any, when not said) runs no more. */
export function isProcessDead(pid: number, startTicks?: number): boolean {
  const status = readProcessStatus(pid);
  if (status === undefined || status.ended) return true;
  return startTicks !== undefined && status.startTicks !== startTicks;
}

/**
 * A duplicate of descriptor `fd` of process `pid`: the same socket or file, which lives on when that process dies.
 * Closed on exec. EBADF without such a descriptor, ESRCH without such a process, EPERM when it is not ours to trace.
 */
export function duplicateFrom(pid: number, fd: number): number {
  const process = call(`pidfd_open ${pid}`, libc.syscall(SYS_PIDFD_OPEN, pid, 0, 0));
  try {
    return call("pidfd_getfd", libc.syscall(SYS_PIDFD_GETFD, process, fd, 0));
  } finally {
    libc.close(process);
  }
}

/** One more descriptor, closed on exec, of what `fd` stands for. */
export function duplicateDescriptor(fd: number): number {
  return call("fcntl F_DUPFD_CLOEXEC", libc.fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

/**
 * Ends the process at once by libc's `_exit`, without Node's clean-up and without what is still to be written: for a
 * process that has locked its memory, whose clean-up could fault for long.
 */
export function exitNow(status: number): never {
  libc._exit(status);
  throw new Error("_exit came back");
}
