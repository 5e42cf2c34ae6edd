// What the processes of a node use, looked at again and again: memory and descriptors must not grow.

import { readdirSync, readFileSync } from "node:fs";
import type { ProcessInfo } from "../../lab/processes.ts";

/** What a process uses at one moment. */
export interface Sample {
  readonly descriptors: number;
  readonly residentKib: number;
}

/** What one process used over its life. */
export interface Usage {
  readonly process: string;
  readonly samples: Sample[];
}

/** A younger process may not have opened everything yet. */
const SETTLED_SECONDS = 3;
/** Of /proc/PID/stat: the same on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;
/** A timer, a socket that is being replaced and the like may be open when we look. */
export const DESCRIPTOR_SLACK: number = 3;
/** A process that was looked at less often says nothing about a trend. */
const LEAST_SAMPLES = 12;
/** Young garbage of Node's: two spaces of 16 MiB that fill up before anything is collected. */
export const GROWTH_LIMIT_KIB: number = 32 * 1024;

/** All processes that were ever looked at. */
export class UsageLog {
  readonly #byProcess = new Map<number, Usage>();

  /** Looks at a process once, if it has settled. Gives what is wrong with it, if anything. */
  look({ pid, startTicks }: ProcessInfo, name: string): string | undefined {
    if (uptimeSeconds() - startTicks / TICKS_PER_SECOND < SETTLED_SECONDS) return undefined;
    const sample = readSample(pid);
    if (sample === undefined) return undefined;
    const usage = this.#byProcess.get(pid) ?? { process: `${name} (${pid})`, samples: [] };
    this.#byProcess.set(pid, usage);
    usage.samples.push(sample);
    return findGrowth(usage);
  }

  /** The longest watched processes, longest first. */
  longest(count: number): Usage[] {
    const all = [...this.#byProcess.values()];
    return all.sort((a, b) => b.samples.length - a.samples.length).slice(0, count);
  }
}

/** What grows in a process, or undefined. */
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

/** The median of the resident memory, in KiB. */
export function medianResident(samples: readonly Sample[]): number {
  const sorted = samples.map((sample) => sample.residentKib).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function uptimeSeconds(): number {
  return Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]);
}

/** Undefined when the process is gone. */
export function readSample(pid: number): Sample | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const residentKib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN);
    return { descriptors: readdirSync(`/proc/${pid}/fd`).length, residentKib };
  } catch {
    return undefined;
  }
}
