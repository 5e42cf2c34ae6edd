// The values of a block: its own, else inherited ones, else defaults.

import { assert } from "../../lib/assert.ts";
import {
  type BuiltRow,
  type Draft,
  type Inheritance,
  isBuiltRow,
  type Row,
  type Table,
} from "./row.ts";
import type { System } from "./system.ts";

/** The values of global_defs, which other blocks inherit. */
export interface Inherited {
  readonly table: Table;
  readonly values: Values;
}

/** The values of one block. */
export interface Values {
  /** The value of `field`. */
  readonly value: (field: string) => unknown;
  /** All fields of the stage `config`, nested where a field has a dot. */
  readonly config: () => Record<string, unknown>;
}

/** The values of `draft` by the rows of `table`; `inherited` is undefined for global_defs itself. */
export function valuesOf(
  { rows, byField }: Table,
  draft: Draft,
  system: System,
  inherited: Inherited | undefined,
): Values {
  const { given } = draft;
  const known = new Map<string, unknown>();
  const context = { system, given, value };

  function value(field: string): unknown {
    if (known.has(field)) return known.get(field);
    const row = byField.get(field);
    const found = field in given ? given[field] : row === undefined ? undefined : fallback(row);
    known.set(field, found);
    return found;
  }

  function fallback(row: BuiltRow): unknown {
    switch (row.fallback.kind) {
      case "value":
        return row.fallback.value;
      case "derived":
        return row.fallback.derived.of(context);
      case "required":
        return undefined;
      case "inherited": {
        const { from } = row.fallback;
        const isEarly = from.at === "opening";
        if (isEarly && row.field in draft.inherited) return draft.inherited[row.field];
        const source = inherited === undefined ? undefined : sourceOf(from, inherited.table);
        if (source === undefined) return undefined;
        return isEarly ? defaultOf(source) : inherited?.values.value(source.field);
      }
    }
  }

  return {
    value,
    config: () => {
      const config: Record<string, unknown> = {};
      for (const row of rows) {
        if (isBuiltRow(row) && row.stage === "config" && byField.get(row.field) === row) {
          put(config, row.field, value(row.field));
        }
      }
      return config;
    },
  };
}

/** The values that a block of `table` inherits when it opens: what global_defs has set so far, by the block's fields. */
export function openingValues(
  { byField }: Table,
  globalGiven: Draft["given"],
  globalTable: Table,
): Record<string, unknown> {
  const inherited: Record<string, unknown> = {};
  for (const row of byField.values()) {
    const source = openingSource(row, globalTable);
    if (source !== undefined && source.field in globalGiven) {
      inherited[row.field] = globalGiven[source.field];
    }
  }
  return inherited;
}

/** The row of global_defs whose value `row` inherits when its block is opened. */
export function openingSource(row: Row, globalTable: Table): BuiltRow | undefined {
  if (!isBuiltRow(row) || row.fallback.kind !== "inherited") return undefined;
  const { from } = row.fallback;
  return from.at === "opening" ? sourceOf(from, globalTable) : undefined;
}

/** The row of global_defs that `from` names; undefined if it is not built. */
function sourceOf({ keyword }: Inheritance, globalTable: Table): BuiltRow | undefined {
  const source = globalTable.byKeyword.get(keyword);
  return source !== undefined && isBuiltRow(source) ? source : undefined;
}

/**
 * Asserts that every row of `table` that inherits gets a value: its keyword of global_defs is built and has a default.
 * A value inherited at the opening of a block needs a plain default, since a derived one may depend on later keywords.
 */
export function assertInheritance(table: Table, globalTable: Table): void {
  for (const { keyword, fallback } of table.byField.values()) {
    if (fallback.kind !== "inherited") continue;
    const { from } = fallback;
    const source = sourceOf(from, globalTable);
    const isKnown = source !== undefined;
    assert(isKnown, `${keyword} inherits from ${from.keyword}, which global_defs does not have`);
    const isPlain = defaultOf(source) !== undefined;
    const isUsable = isPlain || (source.fallback.kind === "derived" && from.at === "end");
    assert(isUsable, `${keyword} inherits from ${from.keyword}, whose default it cannot use`);
  }
}

/** A plain default, which `assertInheritance` requires. */
function defaultOf({ fallback }: BuiltRow): unknown {
  return fallback.kind === "value" ? fallback.value : undefined;
}

function put(config: Record<string, unknown>, field: string, value: unknown): void {
  const dot = field.indexOf(".");
  if (dot < 0) {
    config[field] = value;
    return;
  }
  const name = field.slice(0, dot);
  const group = (config[name] ?? {}) as Record<string, unknown>;
  group[field.slice(dot + 1)] = value;
  config[name] = group;
}
