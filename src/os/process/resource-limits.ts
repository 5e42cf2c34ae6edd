// Limits on what the calling process may use, for work whose size others decide.

import { writeFileSync } from "node:fs";
import { call, declare, libc } from "../ffi/ffi.ts";

const getrlimit = declare("int getrlimit(int, void *)");

/** asm-generic/resource.h */
const RLIMIT_CPU = 0;
const RLIMIT_CORE = 4;
const RLIMIT_NOFILE = 7;

/** Ends the process by SIGXCPU once it has used `seconds` of a processor. */
export function limitProcessorTime(seconds: number): void {
  setLimit("RLIMIT_CPU", RLIMIT_CPU, seconds, seconds + 1);
}

/** Has the process end without a core file, whatever ends it. */
export function refuseCoreFile(): void {
  setLimit("RLIMIT_CORE", RLIMIT_CORE, 0, 0);
}

/**
 * Calls `start` with `soft` as the soft limit of open files, or with the hard one where that is lower; a program that
 * it starts keeps that limit.
 */
export function withSoftFileLimit<T>(soft: number, start: () => T): T {
  const former = new BigUint64Array(2);
  call("getrlimit RLIMIT_NOFILE", getrlimit(RLIMIT_NOFILE, former) as number);
  const hard = former[1] as bigint;
  const wanted = BigInt(soft);
  const lowered = BigUint64Array.of(wanted < hard ? wanted : hard, hard);
  call("setrlimit RLIMIT_NOFILE", libc.setrlimit(RLIMIT_NOFILE, lowered));
  try {
    return start();
  } finally {
    call("setrlimit RLIMIT_NOFILE", libc.setrlimit(RLIMIT_NOFILE, former));
  }
}

/** Has the kernel end this process before any other when memory runs out. */
export function endFirstWithoutMemory(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // Without /proc it is one among others.
  }
}

function setLimit(name: string, resource: number, soft: number, hard: number): void {
  const limits = BigUint64Array.of(BigInt(soft), BigInt(hard));
  call(`setrlimit ${name}`, libc.setrlimit(resource, limits));
}
