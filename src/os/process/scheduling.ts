// Who runs first: priorities, processors and locked memory, for every thread that Node has started.

import { readdirSync } from "node:fs";
import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { call, isLittleEndian, lastErrno, libc } from "../ffi/ffi.ts";

/** linux/sched.h, linux/resource.h, asm-generic/mman.h */
const SCHED_OTHER = 0;
const SCHED_RR = 2;
/** What is started later, thread or script, begins as an ordinary one. */
const SCHED_RESET_ON_FORK = 0x40000000;
const PRIO_PROCESS = 0;
const RLIMIT_RTTIME = 15;
const MCL_CURRENT = 1;
const MCL_FUTURE = 2;
const MCL_ONFAULT = 4;
const AFFINITY_OCTETS = 128;

/**
 * Sets the nice value, -20 to 19. Scripts do not inherit a negative one. EPERM or EACCES without CAP_SYS_NICE for
 * less than now.
 */
export function setNice(nice: number): void {
  const none = new Int32Array(1);
  forEachThread("setpriority", (tid) => libc.setpriority(PRIO_PROCESS, tid, nice));
  forEachThread("sched_setscheduler", (tid) => {
    // A thread that runs in real time stays so, and has this already.
    if ((libc.sched_getscheduler(tid) & ~SCHED_RESET_ON_FORK) !== SCHED_OTHER) return 0;
    return libc.sched_setscheduler(tid, SCHED_OTHER | SCHED_RESET_ON_FORK, none);
  });
}

/** Real-time scheduling, round robin, 1 to 99. Scripts do not inherit it. EPERM without CAP_SYS_NICE. */
export function setRealtimePriority(priority: number): void {
  const parameters = Int32Array.of(priority);
  forEachThread("sched_setscheduler", (tid) =>
    libc.sched_setscheduler(tid, SCHED_RR | SCHED_RESET_ON_FORK, parameters),
  );
}

/**
 * Lets the process `pid`, just started, and all that it starts run before every ordinary one, until it says `calm`.
 * Whether that was allowed: it needs CAP_SYS_NICE.
 */
export function hurry(pid: number): boolean {
  return libc.sched_setscheduler(pid, SCHED_RR, Int32Array.of(1)) === 0;
}

/** Ends what `hurry` began, for this process. */
export function calm(): void {
  const none = new Int32Array(1);
  forEachThread("sched_setscheduler", (tid) => libc.sched_setscheduler(tid, SCHED_OTHER, none));
}

/**
 * How long a real-time process may run without waiting once: it is sent SIGXCPU, then SIGKILL. Children inherit the
 * limit, which concerns only real-time scheduling.
 */
export function limitRealtime(micros: number): void {
  const limits = BigUint64Array.of(BigInt(micros), BigInt(micros));
  call("setrlimit RLIMIT_RTTIME", libc.setrlimit(RLIMIT_RTTIME, limits));
}

/** The processors that the process may run on, from 0. */
export function readAffinity(): number[] {
  const mask = new Uint8Array(AFFINITY_OCTETS);
  call("sched_getaffinity", libc.sched_getaffinity(0, AFFINITY_OCTETS, mask));
  const processors: number[] = [];
  for (let processor = 0; processor < 8 * AFFINITY_OCTETS; processor++) {
    if (((mask[maskOctet(processor)] as number) >> (processor & 7)) & 1) processors.push(processor);
  }
  return processors;
}

/** Restricts the process to these processors; children inherit it. EINVAL when none of them exists. */
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
 * Keeps every page that was touched in memory. Only what is touched, since Node reserves far more than it uses. The
 * process must end by `exitNow`. ENOMEM or EPERM without CAP_IPC_LOCK.
 */
export function lockMemory(): void {
  call("mlockall", libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT));
}

function forEachThread(operation: string, perform: (tid: number) => number): void {
  for (const name of readdirSync("/proc/self/task")) {
    if (perform(Number(name)) >= 0) continue;
    const errno = lastErrno();
    // A thread may have ended since the folder was read.
    if (errno !== errnoNumber.ESRCH) throw new SystemError(operation, errno);
  }
}

/** A mask is an array of 64-bit words, whose octets are the other way round on big-endian machines. */
function maskOctet(processor: number): number {
  const octet = processor >> 3;
  return isLittleEndian ? octet : octet ^ 7;
}
