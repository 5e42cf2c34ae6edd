// The limit of open files (RLIMIT_NOFILE) that the daemon was started with. Node raises the soft limit to the hard one
// before any JavaScript runs, but a script gets the one that the daemon was started with.

import { readFileSync } from "node:fs";

/** The environment variable in which bin/holdfast notes the soft limit; it stays in the daemon's own processes. */
export const FILE_LIMIT_VARIABLE = "HOLDFAST_FILE_LIMIT";

/** linux/fs.h: INR_OPEN_CUR, the soft limit that the kernel gives to the first process. */
const KERNEL_DEFAULT = 1024;

/** Notes the soft limit for processes that are started later, unless bin/holdfast has done so. */
export function noteFileLimit(): void {
  const noted = notedFileLimit(process.env);
  process.env[FILE_LIMIT_VARIABLE] = String(noted ?? starterFileLimit(process.ppid));
}

/** The noted limit; undefined where none is. */
export function notedFileLimit(
  environment: Readonly<Record<string, string | undefined>>,
): number | undefined {
  return parseLimit(environment[FILE_LIMIT_VARIABLE] ?? "");
}

/** The soft limit of the process that started this one: usually the same as this one's before Node raised it. */
function starterFileLimit(starterPid: number): number {
  // A service manager raises its own limit and lowers it again for its services; 0 is in another PID namespace.
  if (starterPid <= 1) return KERNEL_DEFAULT;
  try {
    return parseSoftFileLimit(readFileSync(`/proc/${starterPid}/limits`, "latin1"));
  } catch {
    return KERNEL_DEFAULT;
  }
}

/** The soft limit of open files in `limits`, the text of /proc/PID/limits. */
export function parseSoftFileLimit(limits: string): number {
  const word = /^Max open files +(\w+)/m.exec(limits)?.[1] ?? "";
  return parseLimit(word) ?? KERNEL_DEFAULT;
}

function parseLimit(word: string): number | undefined {
  if (word === "unlimited") return Number.MAX_SAFE_INTEGER;
  return /^\d{1,16}$/.test(word) ? Number(word) : undefined;
}
