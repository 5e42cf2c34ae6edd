// Compares two configurations, for the plan and the log of a reload.

import { type Config, partsOf } from "../config.ts";
import type { GlobalConfig } from "../global/global-config.ts";
import { REGISTRY, type Registry } from "../registry.ts";
import type { Named } from "../subsystem.ts";

/** An object in both configurations, and the fields that differ. */
export interface Kept<T> {
  readonly before: T;
  readonly after: T;
  readonly changed: readonly (keyof T & string)[];
}

export interface Difference<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
  readonly kept: readonly Kept<T>[];
}

/** The differences of one list of a subsystem's part. */
export interface ListDifference extends Difference<Named> {
  readonly subsystem: string;
  readonly list: string;
  /** The keyword of the block that makes its objects. */
  readonly block: string;
}

export interface ConfigDifference {
  readonly global: Kept<GlobalConfig>;
  readonly lists: readonly ListDifference[];
}

/** The number of objects compared in one part of `diffParts`. */
const OBJECTS_IN_A_PART = 200;

/** The differences of `after` from `before`, in parts, so that thousands of objects do not block the event loop. */
export function* diffParts(
  before: Config,
  after: Config,
  { subsystems }: Registry = REGISTRY,
): Generator<void, ConfigDifference> {
  const lists: ListDifference[] = [];
  for (const { name, lists: known } of subsystems) {
    for (const [list, { block, match }] of Object.entries(known)) {
      const old = partsOf(before)[name]?.[list] ?? [];
      const wanted = partsOf(after)[name]?.[list] ?? [];
      const found = yield* difference(old, wanted, match(old, wanted));
      lists.push({ subsystem: name, list, block, ...found });
    }
  }
  return { global: compare(before.global, after.global), lists };
}

/** The settings of `after` that a reload cannot change, as words for "Cannot change … at a reload". */
export function reloadObstacles(before: GlobalConfig, after: GlobalConfig): string[] {
  const obstacles: string[] = [];
  if (before.netNamespace !== after.netNamespace) obstacles.push("network namespace");
  if (before.instance !== after.instance) obstacles.push("instance name");
  return obstacles;
}

function* difference<T extends object>(
  before: readonly T[],
  after: readonly T[],
  matches: ReadonlyMap<T, T>,
): Generator<void, Difference<T>> {
  const matched = new Set(matches.values());
  const added: T[] = [];
  const kept: Kept<T>[] = [];
  for (const [index, item] of after.entries()) {
    if (index % OBJECTS_IN_A_PART === OBJECTS_IN_A_PART - 1) yield;
    const match = matches.get(item);
    if (match === undefined) added.push(item);
    else kept.push(compare(match, item));
  }
  return { added, removed: before.filter((item) => !matched.has(item)), kept };
}

function compare<T extends object>(before: T, after: T): Kept<T> {
  const keys = Object.keys(after) as (keyof T & string)[];
  const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  return { before, after, changed };
}
