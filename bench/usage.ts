// Reads the processor time and memory of a daemon's processes from /proc.

import { readFileSync } from "node:fs";
import type { ProcessInfo } from "../lab/processes.ts";

/** Processor time in milliseconds. The kernel charges the processing of a packet to its sender. */
export interface CpuTime {
  readonly userMillis: number;
  readonly systemMillis: number;
}

// USER_HZ, the unit of /proc/PID/stat (man 5 proc).
const millisPerTick = 10;

/**
 * The processor time of these processes, with all their threads. `withReaped` adds that of children that they have
 * waited for.
 */
export function cpuTimeOf(
  processes: readonly ProcessInfo[],
  { withReaped = false }: { readonly withReaped?: boolean } = {},
): CpuTime {
  let user = 0;
  let system = 0;
  for (const { pid } of processes) {
    const stat = readText(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    user += Number(fields[11] ?? 0) + (withReaped ? Number(fields[13] ?? 0) : 0);
    system += Number(fields[12] ?? 0) + (withReaped ? Number(fields[14] ?? 0) : 0);
  }
  return { userMillis: user * millisPerTick, systemMillis: system * millisPerTick };
}

/** The difference as a share of one processor: 0.13 is 13 %. */
export function cpuShare(
  before: CpuTime,
  after: CpuTime,
  windowMillis: number,
): { readonly user: number; readonly system: number; readonly both: number } {
  const user = (after.userMillis - before.userMillis) / windowMillis;
  const system = (after.systemMillis - before.systemMillis) / windowMillis;
  return { user, system, both: user + system };
}

/** The total private dirty memory of these processes, in MiB. */
export function privateDirtyMebibytes(processes: readonly ProcessInfo[]): number {
  const kibibytes = processes.map(({ pid }) => {
    const text = readText(`/proc/${pid}/smaps_rollup`);
    return Number(/^Private_Dirty:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0);
  });
  return kibibytes.reduce((sum, value) => sum + value, 0) / 1024;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
