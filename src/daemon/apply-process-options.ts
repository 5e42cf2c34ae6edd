// How a process is scheduled, as the configuration wants it.

import type { ProcessOptions } from "../config/config.ts";
import type { Log } from "../lib/log.ts";
import {
  limitRealtime,
  lockMemory,
  setAffinity,
  setNice,
  setRealtimePriority,
} from "../os/scheduling.ts";

/** Applies what `options` ask for; what the kernel refuses is logged, and the process runs on without it. */
export function applyProcessOptions(options: ProcessOptions, log: Log): void {
  const { priority, realtimePriority, cpuAffinity, noSwap, rlimitRttimeMicros } = options;
  const attempt = (what: string, apply: () => void): void => {
    try {
      apply();
    } catch (error) {
      log("warning", `Cannot set ${what}: ${(error as Error).message}`);
    }
  };
  if (priority !== undefined) attempt("the process priority", () => setNice(priority));
  if (rlimitRttimeMicros !== undefined) {
    attempt("the limit of real-time running", () => limitRealtime(rlimitRttimeMicros));
  }
  if (realtimePriority !== undefined) {
    attempt("the real-time priority", () => setRealtimePriority(realtimePriority));
  }
  if (cpuAffinity.length > 0) attempt("the CPU affinity", () => setAffinity(cpuAffinity));
  if (noSwap) attempt("locked memory", () => lockMemory());
}
