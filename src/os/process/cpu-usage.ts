// Processor time used by this process and its children.

import type { Micros } from "../../lib/micros.ts";
import { call, libc } from "../ffi/ffi.ts";

/** sys/resource.h */
const RUSAGE_SELF = 0;
const RUSAGE_CHILDREN = -1;
/** struct rusage: two struct timeval of two words each, then fourteen words. */
const RUSAGE_WORDS = 18;

export interface CpuUsage {
  readonly userMicros: Micros;
  readonly systemMicros: Micros;
}

/** Processor time of this process, or of all its children that were reaped (getrusage(2)). */
export function cpuUsage(whose: "self" | "children"): CpuUsage {
  const words = new BigInt64Array(RUSAGE_WORDS);
  const who = whose === "self" ? RUSAGE_SELF : RUSAGE_CHILDREN;
  call("getrusage", libc.getrusage(who, words));
  const [userSeconds = 0n, userMicros = 0n, systemSeconds = 0n, systemMicros = 0n] = words;
  return {
    userMicros: Number(userSeconds * 1_000_000n + userMicros),
    systemMicros: Number(systemSeconds * 1_000_000n + systemMicros),
  };
}
