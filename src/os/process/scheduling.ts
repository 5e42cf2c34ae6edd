// Scheduling priority, processor affinity and locked memory, for all threads of the process.

import { readdirSync } from "node:fs";
import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { call, isLittleEndian, lastErrno, libc } from "../ffi/ffi.ts";

/** linux/sched.h, linux/resource.h, asm-generic/mman.h */
const SCHED_OTHER = 0;
const SCHED_RR = 2;
/** Threads and scripts that are started later get the default policy. */
const SCHED_RESET_ON_FORK = 0x40000000;
const PRIO_PROCESS = 0;
const RLIMIT_RTTIME = 15;
const MCL_CURRENT = 1;
const MCL_FUTURE = 2;
const MCL_ONFAULT = 4;
const AFFINITY_OCTETS = 128;

/**
 * Sets the nice value, -20 to 19. Scripts do not inherit a negative one. EPERM or EACCES if it is lower than now and
 * CAP_SYS_NICE is missing.
 */
export function setNice(nice: number): void {
  const none = new Int32Array(1);
  forEachThread("setpriority", (tid) => libc.setpriority(PRIO_PROCESS, tid, nice));
  forEachThread("sched_setscheduler", (tid) => {
    // A real-time thread keeps its policy, which includes the flag.
    if ((libc.sched_getscheduler(tid) & ~SCHED_RESET_ON_FORK) !== SCHED_OTHER) return 0;
    return libc.sched_setscheduler(tid, SCHED_OTHER | SCHED_RESET_ON_FORK, none);
  });
}

/** Sets round-robin real-time scheduling, priority 1 to 99. Scripts do not inherit it. EPERM without CAP_SYS_NICE. */
export function setRealtimePriority(priority: number): void {
  const parameters = Int32Array.of(priority);
  forEachThread("sched_setscheduler", (tid) =>
    libc.sched_setscheduler(tid, SCHED_RR | SCHED_RESET_ON_FORK, parameters),
  );
}

/**
 * Gives the new process `pid` real-time priority, which its threads inherit, until it calls `dropPriority`. Returns
 * false without CAP_SYS_NICE.
 */
export function boostPriority(pid: number): boolean {
  return libc.sched_setscheduler(pid, SCHED_RR, Int32Array.of(1)) === 0;
}

/** Undoes `boostPriority` for all threads of this process. */
export function dropPriority(): void {
  const none = new Int32Array(1);
  forEachThread("sched_setscheduler", (tid) => libc.sched_setscheduler(tid, SCHED_OTHER, none));
}

/**
 * Limits the time that a real-time process may run without blocking: the kernel sends SIGXCPU, then SIGKILL. Children
 * inherit the limit; it applies to real-time scheduling only.
 */
export function limitRealtime(micros: number): void {
  const limits = BigUint64Array.of(BigInt(micros), BigInt(micros));
  call("setrlimit RLIMIT_RTTIME", libc.setrlimit(RLIMIT_RTTIME, limits));
}

/** The numbers of the processors that the process may use, from 0. */
export function readAffinity(): number[] {
  const mask = new Uint8Array(AFFINITY_OCTETS);
  call("sched_getaffinity", libc.sched_getaffinity(0, AFFINITY_OCTETS, mask));
  const processors: number[] = [];
  for (let processor = 0; processor < 8 * AFFINITY_OCTETS; processor++) {
    if (((mask[maskOctet(processor)] as number) >> (processor & 7)) & 1) processors.push(processor);
  }
  return processors;
}

/** Restricts the process to these processors; children inherit it. EINVAL if none of them exists. */
export function setAffinity(processors: readonly number[]): void {
  const mask = new Uint8Array(AFFINITY_OCTETS);
  for (const processor of processors) {
    if (processor < 8 * AFFINITY_OCTETS) {
      mask[maskOctet(processor)] = (mask[maskOctet(processor)] as number) | (1 << (processor & 7));
    }
  }
  forEachThread("sched_setaffinity", (tid) => libc.sched_setaffinity(tid, AFFINITY_OCTETS, mask));
}

/**
 * Locks every page in memory once it is used (Node reserves far more than it uses). The process must end by `exitNow`.
 * ENOMEM or EPERM without CAP_IPC_LOCK.
 */
export function lockMemory(): void {
  call("mlockall", libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT));
}

function forEachThread(operation: string, perform: (tid: number) => number): void {
  for (const name of readdirSync("/proc/self/task")) {
    if (perform(Number(name)) >= 0) continue;
    const errno = lastErrno();
    // The thread may have ended since the folder was read.
    if (errno !== errnoNumber.ESRCH) throw new SystemError(operation, errno);
  }
}

/** A mask is an array of 64-bit words in host order. */
function maskOctet(processor: number): number {
  const octet = processor >> 3;
  return isLittleEndian ? octet : octet ^ 7;
}
