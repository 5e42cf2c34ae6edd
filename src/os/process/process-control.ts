// Process control: names, capabilities, status, end, and descriptors of this process and related ones.

import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { call, declare, libc } from "../ffi/ffi.ts";

const waitpid = declare("int waitpid(int, void *, int)");
const setThreadName = declare("int prctl(int, const char *)");

/** linux/prctl.h, linux/fcntl.h, linux/wait.h, and system call numbers that are the same on all architectures. */
const PR_SET_PDEATHSIG = 1;
const PR_SET_NAME = 15;
const F_DUPFD_CLOEXEC = 1030;
const SYS_PIDFD_OPEN = 434;
const SYS_PIDFD_GETFD = 438;
const WNOHANG = 1;

/** The bits of the capabilities that the program uses (linux/capability.h). */
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

/** Returns those of `wanted` that are not effective. `status` is the text of /proc/PID/status. */
export function missingCapabilities(
  wanted: readonly Capability[],
  status: string = readFileSync("/proc/self/status", "utf8"),
): Capability[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return wanted.filter((name) => ((effective >> BigInt(capabilityBits[name])) & 1n) === 0n);
}

/**
 * Makes the kernel send `signal` to this process when its parent ends; install the handler first. False if `parent` has
 * already ended: then no signal will arrive. A change of user resets it.
 */
export function signalOnParentDeath(signal: NodeJS.Signals, parent: number): boolean {
  const number = constants.signals[signal];
  call("prctl PR_SET_PDEATHSIG", libc.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0));
  return process.ppid === parent;
}

/**
 * Sets the command line that `ps` shows (`title`, truncated to the length of the original one) and the name that
 * `killall`, `pgrep` and /proc/PID/comm use (`command`, at most 15 octets). Node's `process.title` sets both to the
 * same. Call it in the main thread, whose name is the name of the process.
 */
export function setProcessNames(title: string, command: string): void {
  process.title = title;
  // Containers may mount /proc read-only, so do not use /proc/self/comm.
  call("prctl PR_SET_NAME", setThreadName(PR_SET_NAME, command) as number);
}

/** The status of a process, from /proc/PID/stat. */
export interface ProcessStatus {
  /** A zombie, or ending. */
  readonly hasEnded: boolean;
  /** Stopped by a signal such as SIGSTOP, but not by a debugger. */
  readonly isStopped: boolean;
  readonly parentPid: number;
  /** Start time in clock ticks since boot; distinguishes processes that use the same pid. */
  readonly startTicks: number;
}

/** The status of a process; undefined if it does not exist. Throws if it cannot be read (too many open files, say). */
export function readProcessStatus(pid: number): ProcessStatus | undefined {
  try {
    return parseProcessStatus(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ESRCH if the process ends between open and read.
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

/** Parses the line of /proc/PID/stat (man 5 proc); undefined if it is invalid. */
export function parseProcessStatus(line: string): ProcessStatus | undefined {
  // The second field, the name, may contain spaces and parentheses: count the fields from its end.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const startTicks = Number(fields[19]);
  if (fields.length < 20 || !Number.isSafeInteger(startTicks)) return undefined;
  const [state] = fields;
  const hasEnded = state === "Z" || state === "X";
  return { hasEnded, isStopped: state === "T", parentPid: Number(fields[1]), startTicks };
}

/** The pids of this process's children that have ended and were not reaped, adopted orphans included. */
export function endedChildren(): number[] {
  const numbers = readdirSync("/proc").filter((name) => /^[1-9][0-9]*$/.test(name));
  return numbers.map(Number).filter((pid) => {
    const status = readProcessStatus(pid);
    return status?.hasEnded === true && status.parentPid === process.pid;
  });
}

/** Reaps the ended child `pid`. No other code in this process can get its exit status afterwards. */
export function reap(pid: number): void {
  waitpid(pid, null, WNOHANG);
}

/** True if a signal has stopped the process `pid`; false if it does not exist. */
export function isProcessStopped(pid: number): boolean {
  return readProcessStatus(pid)?.isStopped === true;
}

/** True if the process `pid` has ended, or is another one than that which started at `startTicks`. */
export function isProcessDead(pid: number, startTicks?: number): boolean {
  const status = readProcessStatus(pid);
  if (status === undefined || status.hasEnded) return true;
  return startTicks !== undefined && status.startTicks !== startTicks;
}

/**
 * Duplicates descriptor `fd` of process `pid`: the same socket or file, which stays open when that process dies. The
 * copy is close-on-exec. EBADF if the descriptor does not exist, ESRCH if the process does not, EPERM if this process
 * may not trace it.
 */
export function duplicateFrom(pid: number, fd: number): number {
  const process = call(`pidfd_open ${pid}`, libc.syscall(SYS_PIDFD_OPEN, pid, 0, 0));
  try {
    return call("pidfd_getfd", libc.syscall(SYS_PIDFD_GETFD, process, fd, 0));
  } finally {
    libc.close(process);
  }
}

/** Duplicates `fd`; the copy is close-on-exec. */
export function duplicateDescriptor(fd: number): number {
  return call("fcntl F_DUPFD_CLOEXEC", libc.fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

/**
 * Ends the process at once by libc's `_exit`, without Node's clean-up and without pending output: for a process with
 * locked memory, whose clean-up could page-fault for a long time.
 */
export function exitNow(status: number): never {
  libc._exit(status);
  throw new Error("_exit returned");
}
