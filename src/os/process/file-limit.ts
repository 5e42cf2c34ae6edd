// The daemon's original limit of open files (RLIMIT_NOFILE). Node raises the soft limit to the hard limit before any
// JavaScript runs, but scripts get the original limit.

import { readFileSync } from "node:fs";

/** The environment variable in which bin/holdfast stores the soft limit. Scripts do not inherit it. */
export const FILE_LIMIT_VARIABLE = "HOLDFAST_FILE_LIMIT";

/** INR_OPEN_CUR of linux/fs.h, the kernel's soft limit for the first process. */
const KERNEL_DEFAULT = 1024;

/** Stores the original soft limit in the environment, unless bin/holdfast has done so. */
export function storeFileLimit(): void {
  const stored = storedFileLimit(process.env);
  process.env[FILE_LIMIT_VARIABLE] = String(stored ?? parentFileLimit(process.ppid));
}

/** The limit stored in the environment; undefined if missing or invalid. */
export function storedFileLimit(
  environment: Readonly<Record<string, string | undefined>>,
): number | undefined {
  return parseLimit(environment[FILE_LIMIT_VARIABLE] ?? "");
}

/** The soft limit of the parent process: usually the same as this process had before Node raised it. */
function parentFileLimit(parentPid: number): number {
  // A service manager raises its own limit but not that of its services. Pid 0: the parent is in another namespace.
  if (parentPid <= 1) return KERNEL_DEFAULT;
  try {
    return parseSoftFileLimit(readFileSync(`/proc/${parentPid}/limits`, "latin1"));
  } catch {
    return KERNEL_DEFAULT;
  }
}

/** Parses the soft limit of open files from the text of /proc/PID/limits. */
export function parseSoftFileLimit(limits: string): number {
  const word = /^Max open files +(\w+)/m.exec(limits)?.[1] ?? "";
  return parseLimit(word) ?? KERNEL_DEFAULT;
}

function parseLimit(word: string): number | undefined {
  if (word === "unlimited") return Number.MAX_SAFE_INTEGER;
  return /^\d{1,16}$/.test(word) ? Number(word) : undefined;
}
