// Settings of a process from the configuration: its name in ps and killall, and its scheduling.

import type { ProcessOptions } from "../config/global/global-config.ts";
import type { Log } from "../lib/log.ts";
import { setProcessNames } from "../os/process/process-control.ts";
import {
  limitRealtime,
  lockMemory,
  setAffinity,
  setNice,
  setRealtimePriority,
} from "../os/process/scheduling.ts";

/** The names that holdfast can be started as; any other counts as the first. */
const PROGRAM_NAMES = ["holdfast", "keepalived"] as const;

/** The first word of process titles, from the file name of the started link or file. */
export function programNameOf(startedAs: string): string {
  return PROGRAM_NAMES.find((name) => name === startedAs) ?? PROGRAM_NAMES[0];
}

/**
 * Names this process: `configured` if set; otherwise `holdfast ROLE` in ps, with only the program's name as its command,
 * which users' `killall keepalived` matches. The parent has no `role`.
 */
export function nameProcess(
  programName: string,
  role: string | undefined,
  configured: string | undefined,
): void {
  const title = role === undefined ? programName : `${programName} ${role}`;
  setProcessNames(configured ?? title, configured ?? programName);
}

/** Applies `options`; logs what the kernel refuses, and continues without it. */
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

/** Calls `apply`, which sets `what`; logs a failure. */
export function attempt(what: string, log: Log, apply: () => void): void {
  try {
    apply();
  } catch (error) {
    log("warning", `Cannot set ${what}: ${(error as Error).message}`);
  }
}
