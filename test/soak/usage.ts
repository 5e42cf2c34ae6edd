// Samples the memory and the descriptors of a node's processes and finds growth.

import { readdirSync, readFileSync } from "node:fs";
import type { ProcessInfo } from "../../lab/processes.ts";

/** One sample of a process. */
export interface Sample {
  readonly descriptors: number;
  readonly residentKib: number;
}

/** All samples of one process. */
export interface Usage {
  readonly process: string;
  readonly samples: Sample[];
}

/** A younger process may not have opened all its descriptors. */
const SETTLED_SECONDS = 3;
/** USER_HZ, the unit of /proc/PID/stat: the same on every architecture supported by Node. */
const TICKS_PER_SECOND = 100;
/** Descriptors that may be open temporarily, such as a socket being replaced. */
export const DESCRIPTOR_SLACK: number = 3;
/** Fewer samples show no trend. */
const LEAST_SAMPLES = 12;
/** Node's young generation: two spaces of 16 MiB that may fill up before a collection. */
export const GROWTH_LIMIT_KIB: number = 32 * 1024;

/** The usage of all sampled processes. */
export class UsageLog {
  readonly #byProcess = new Map<number, Usage>();

  /** Samples a process, unless it has just started. Describes its growth, if any. */
  sample({ pid, startTicks }: ProcessInfo, name: string): string | undefined {
    if (uptimeSeconds() - startTicks / TICKS_PER_SECOND < SETTLED_SECONDS) return undefined;
    const sample = readSample(pid);
    if (sample === undefined) return undefined;
    const usage = this.#byProcess.get(pid) ?? { process: `${name} (${pid})`, samples: [] };
    this.#byProcess.set(pid, usage);
    usage.samples.push(sample);
    return findGrowth(usage);
  }

  /** The `count` processes with the most samples, in descending order. */
  longest(count: number): Usage[] {
    const all = [...this.#byProcess.values()];
    return all.sort((a, b) => b.samples.length - a.samples.length).slice(0, count);
  }
}

/** Describes the growth of a process, if any. */
export function findGrowth({ process, samples }: Usage): string | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (last.descriptors > first.descriptors + DESCRIPTOR_SLACK) {
    return `${process}: ${first.descriptors} descriptors grew to ${last.descriptors}`;
  }
  if (samples.length < LEAST_SAMPLES) return undefined;
  const third = Math.floor(samples.length / 3);
  const before = medianResident(samples.slice(0, third));
  const after = medianResident(samples.slice(-third));
  if (after - before <= GROWTH_LIMIT_KIB) return undefined;
  return `${process}: ${before} KiB resident grew to ${after} KiB`;
}

/** The median resident memory, in KiB. */
export function medianResident(samples: readonly Sample[]): number {
  const sorted = samples.map((sample) => sample.residentKib).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function uptimeSeconds(): number {
  return Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]);
}

/** Samples a process; undefined if it is gone. */
export function readSample(pid: number): Sample | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const residentKib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
    return { descriptors: readdirSync(`/proc/${pid}/fd`).length, residentKib };
  } catch {
    return undefined;
  }
}
