// What a reload would change: for plans, for the log, and to refuse what only a restart can change.

import { type Config, type GlobalConfig, partsOf } from "./config.ts";
import { REGISTRY, type Registry } from "./registry.ts";
import type { Named } from "./subsystem.ts";

/** An object that both configurations have, and the fields in which they differ; none when it stays as it is. */
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

/** What is different in `after`. */
export function diffConfigs(
  before: Config,
  after: Config,
  { subsystems }: Registry = REGISTRY,
): ConfigDifference {
  const lists = subsystems.flatMap(({ name, lists: known }) =>
    Object.entries(known).map(([list, { block, match }]): ListDifference => {
      const old = partsOf(before)[name]?.[list] ?? [];
      const wanted = partsOf(after)[name]?.[list] ?? [];
      return { subsystem: name, list, block, ...difference(old, wanted, match(old, wanted)) };
    }),
  );
  return { global: compare(before.global, after.global), lists };
}

/** What a reload can't change but `after` does, in the words for "Cannot change … at a reload". */
export function reloadObstacles(before: GlobalConfig, after: GlobalConfig): string[] {
  const obstacles: string[] = [];
  if (before.netNamespace !== after.netNamespace) obstacles.push("network namespace");
  if (before.instance !== after.instance) obstacles.push("instance name");
  return obstacles;
}

function difference<T extends object>(
  before: readonly T[],
  after: readonly T[],
  matches: ReadonlyMap<T, T>,
): Difference<T> {
  const matched = new Set(matches.values());
  const added: T[] = [];
  const kept: Kept<T>[] = [];
  for (const item of after) {
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
