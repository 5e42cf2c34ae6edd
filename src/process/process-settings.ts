// How the configuration wants a process to be: its name in ps and killall, and its scheduling.

import type { ProcessOptions } from "../config/config.ts";
import type { Log } from "../lib/log.ts";
import { setProcessNames } from "../os/process/process-control.ts";
import {
  limitRealtime,
  lockMemory,
  setAffinity,
  setNice,
  setRealtimePriority,
} from "../os/process/scheduling.ts";

/** The names that a daemon can be started under; any other counts as the first. */
const PROGRAM_NAMES = ["holdfast", "keepalived"] as const;

/** The first word of process titles, from the name of the link or file that was started. */
export function programNameOf(startedAs: string): string {
  return PROGRAM_NAMES.find((name) => name === startedAs) ?? PROGRAM_NAMES[0];
}

/**
 * Names this process: `configured` if the configuration names it; else `holdfast ROLE` in ps, with the program's name
 * alone as its command, since `killall keepalived` in people's scripts goes by that. The parent has no `role`.
 */
export function nameProcess(
  programName: string,
  role: string | undefined,
  configured: string | undefined,
): void {
  const title = role === undefined ? programName : `${programName} ${role}`;
  setProcessNames(configured ?? title, configured ?? programName);
}

/** Applies `options`; what the kernel refuses is logged, and the process runs on without it. */
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

/** Calls `apply`, which sets `what`; a failure is logged. */
export function attempt(what: string, log: Log, apply: () => void): void {
  try {
    apply();
  } catch (error) {
    log("warning", `Cannot set ${what}: ${(error as Error).message}`);
  }
}
