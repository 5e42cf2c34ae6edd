// Resource limits of the calling process.

import { writeFileSync } from "node:fs";
import { call, declare, libc } from "../ffi/ffi.ts";

const getrlimit = declare("int getrlimit(int, void *)");

/** asm-generic/resource.h */
const RLIMIT_CPU = 0;
const RLIMIT_CORE = 4;
const RLIMIT_NOFILE = 7;

/** Makes the kernel end the process by SIGXCPU after `seconds` of processor time. */
export function limitProcessorTime(seconds: number): void {
  setLimit("RLIMIT_CPU", RLIMIT_CPU, seconds, seconds + 1);
}

/** Disables core dumps. */
export function disableCoreDumps(): void {
  setLimit("RLIMIT_CORE", RLIMIT_CORE, 0, 0);
}

/**
 * Calls `start` with `soft` as the soft limit of open files, but not above the hard limit. Programs started by it
 * inherit the limit.
 */
export function withSoftFileLimit<T>(soft: number, start: () => T): T {
  const original = new BigUint64Array(2);
  call("getrlimit RLIMIT_NOFILE", getrlimit(RLIMIT_NOFILE, original) as number);
  const hard = original[1] as bigint;
  const wanted = BigInt(soft);
  const lowered = BigUint64Array.of(wanted < hard ? wanted : hard, hard);
  call("setrlimit RLIMIT_NOFILE", libc.setrlimit(RLIMIT_NOFILE, lowered));
  try {
    return start();
  } finally {
    call("setrlimit RLIMIT_NOFILE", libc.setrlimit(RLIMIT_NOFILE, original));
  }
}

/** Makes the kernel kill this process first when memory runs out. */
export function preferAsOomVictim(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // No /proc, or it is read-only: keep the default.
  }
}

function setLimit(name: string, resource: number, soft: number, hard: number): void {
  const limits = BigUint64Array.of(BigInt(soft), BigInt(hard));
  call(`setrlimit ${name}`, libc.setrlimit(resource, limits));
}
