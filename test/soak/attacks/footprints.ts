// Compares the memory and descriptors of a pair's processes before and after an attack.

import type { Stage } from "../stage.ts";
import { DESCRIPTOR_SLACK, GROWTH_LIMIT_KIB, readSample, type Sample } from "../usage.ts";

/** A sample of each process of both daemons, by pid. */
export type Footprints = ReadonlyMap<number, Sample>;

/** Samples every process of both daemons. */
export function takeFootprints(stage: Stage): Footprints {
  const pids = stage.nodes.flatMap(({ program }) => program.processes().map(({ pid }) => pid));
  return new Map(
    pids.flatMap((pid) => {
      const sample = readSample(pid);
      return sample === undefined ? [] : [[pid, sample] as const];
    }),
  );
}

/** Describes the growth of processes that survived. */
export function findGrown(before: Footprints, after: Footprints): string[] {
  return survivors(before, after).flatMap(([pid, first, last]) => {
    const isLarger = last.residentKib - first.residentKib > GROWTH_LIMIT_KIB;
    const isWider = last.descriptors - first.descriptors > DESCRIPTOR_SLACK;
    return isLarger || isWider ? [`process ${pid} grew: ${renderPair(first, last)}`] : [];
  });
}

/** The largest values before and after. */
export function renderFootprints(before: Footprints, after: Footprints): string {
  const pairs = survivors(before, after);
  if (pairs.length === 0) return "no process survived";
  const largest = (samples: readonly Sample[]): Sample => ({
    residentKib: Math.max(...samples.map(({ residentKib }) => residentKib)),
    descriptors: Math.max(...samples.map(({ descriptors }) => descriptors)),
  });
  return renderPair(
    largest(pairs.map(([, first]) => first)),
    largest(pairs.map(([, , last]) => last)),
  );
}

function renderPair(first: Sample, last: Sample): string {
  return (
    `${first.residentKib} → ${last.residentKib} KiB, ` +
    `${first.descriptors} → ${last.descriptors} descriptors`
  );
}

function survivors(before: Footprints, after: Footprints): [number, Sample, Sample][] {
  return [...before].flatMap(([pid, first]) => {
    const last = after.get(pid);
    return last === undefined ? [] : [[pid, first, last] as [number, Sample, Sample]];
  });
}
