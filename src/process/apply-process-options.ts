// How a process is scheduled, as the configuration wants it.

import type { ProcessOptions } from "../config/config.ts";
import type { Log } from "../lib/log.ts";
import {
  limitRealtime,
  lockMemory,
  setAffinity,
  setNice,
  setRealtimePriority,
} from "../os/process/scheduling.ts";

/** Calls `apply`; a failure is logged as one to set `what`, and is no reason to end. */
export function attempt(what: string, log: Log, apply: () => void): void {
  try {
    apply();
  } catch (error) {
    log("warning", `Cannot set ${what}: ${(error as Error).message}`);
  }
}

/** Applies what `options` ask for; what the kernel refuses is logged, and the process runs on without it. */
export function applyProcessOptions(options: ProcessOptions, log: Log): void {
  const { priority, realtimePriority, cpuAffinity, noSwap, rlimitRttimeMicros } = options;
  if (priority !== undefined) attempt("the process priority", log, () => setNice(priority));
  if (rlimitRttimeMicros !== undefined) {
    attempt("the limit of real-time running", log, () => limitRealtime(rlimitRttimeMicros));
  }
  if (realtimePriority !== undefined) {
    attempt("the real-time priority", log, () => setRealtimePriority(realtimePriority));
  }
  if (cpuAffinity.length > 0) attempt("the CPU affinity", log, () => setAffinity(cpuAffinity));
  if (noSwap) attempt("locked memory", log, () => lockMemory());
}
