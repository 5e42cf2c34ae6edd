// The changes of a reload as log lines.

import { NO_ROWS, type Table } from "../keyword/row.ts";
import { REGISTRY, type Registry } from "../registry.ts";
import type { ConfigDifference, Kept } from "./diff.ts";

/** One line for each new, removed or changed object, with the changed keywords. Values are not shown: some are secret. */
export function renderDifference(
  { global, lists }: ConfigDifference,
  registry: Registry = REGISTRY,
): string[] {
  const blocks = new Map(
    registry.subsystems
      .flatMap((subsystem) => subsystem.blocks)
      .map((block) => [block.keyword, block.table]),
  );
  return [
    ...keptLine("global_defs", global, registry.global),
    ...lists.flatMap(({ block, added, removed, kept }) => [
      ...removed.map(({ name }) => `${block} ${name} is gone`),
      ...added.map(({ name }) => `${block} ${name} is new`),
      ...kept.flatMap((entry) =>
        keptLine(`${block} ${entry.after.name}`, entry, blocks.get(block) ?? NO_ROWS),
      ),
    ]),
  ];
}

function keptLine<T extends object>(
  object: string,
  { before, after, changed }: Kept<T>,
  rows: Table,
): string[] {
  if (changed.length === 0) return [];
  const keywords = new Set(changed.flatMap((field) => keywordsOf(field, before, after, rows)));
  return [`${object} changes: ${[...keywords].join(", ")}`];
}

/** The keywords for `field`, or for the fields within it that differ. */
function keywordsOf<T extends object>(
  field: keyof T & string,
  before: T,
  after: T,
  { byField }: Table,
): string[] {
  const row = byField.get(field);
  const [was, is] = [before[field], after[field]];
  if (row !== undefined || !isObject(was) || !isObject(is)) return [row?.keyword ?? field];
  const within = [...new Set([...Object.keys(was), ...Object.keys(is)])];
  return within
    .filter((name) => JSON.stringify(was[name]) !== JSON.stringify(is[name]))
    .map((name) => byField.get(`${field}.${name}`)?.keyword ?? name);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
