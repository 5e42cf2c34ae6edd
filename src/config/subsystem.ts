// The description of a subsystem's configuration: its blocks, and the lists of objects made from them.

import type { Report } from "./diagnostic/report.ts";
import type { GlobalConfig } from "./global/global-config.ts";
import type { CommandResolver } from "./global/resolve-command.ts";
import type { Context, Draft, Drafts, Table } from "./keyword/row.ts";
import type { System } from "./keyword/system.ts";
import type { Values } from "./keyword/values.ts";
import type { Word } from "./language/lexer.ts";
import type { Statement } from "./language/parser.ts";

/** A top-level block; each one in the file makes one object. */
export interface Block {
  readonly keyword: string;
  readonly table: Table;
  readonly means: string;
  /** The start of keepalived's log lines about the object `name`. */
  readonly logPrefix: (name: string) => string;
  /** The name of the object; undefined if the block is ignored (already reported). */
  readonly readName: (statement: Statement, report: Report, drafts: Drafts) => Word | undefined;
  /** False if the complete object is dropped (already reported). */
  readonly keeps?: (draft: Draft, name: Word, context: Context) => boolean;
  /** The maximum number of objects; `plural` names them in the message. */
  readonly limit?: { readonly most: number; readonly plural: string };
}

/** The context shared by subsystems while a configuration is resolved. */
export interface Shared {
  readonly global: GlobalConfig;
  readonly system: System;
  readonly report: Report;
  readonly commands: CommandResolver;
  /** The values of `draft`, a block with `table`. */
  readonly valuesOf: (table: Table, draft: Draft) => Values;
  /** The value of a field of global_defs, its default if it is not set. */
  readonly globalValue: (field: string) => unknown;
}

/** A list of a subsystem's part: the keyword of its block, and how a reload matches its objects. */
export interface PartList<T> {
  readonly block: string;
  /** Maps objects of `after` to the objects of `before` that they continue. */
  match(before: readonly T[], after: readonly T[]): ReadonlyMap<T, T>;
}

/** An object of a part. */
export interface Named {
  readonly name: string;
}

/** The part of a subsystem: lists of objects, sent between processes in pieces. */
export type Part = { readonly [list: string]: readonly Named[] };

export interface Subsystem<N extends string = string, P extends Part = Part> {
  readonly name: N;
  readonly blocks: readonly Block[];
  /** The lists of the part, in the order in which a reload's changes are logged. */
  readonly lists: { readonly [K in keyof P]: PartList<P[K][number]> };
  /** Its part of the configuration; problems are reported. */
  resolve(drafts: Drafts, shared: Shared): P;
}

/** Matches objects with the same `identity`. */
export function matchBy<T>(
  identity: (item: T) => string,
  before: readonly T[],
  after: readonly T[],
): Map<T, T> {
  const known = new Map(before.map((item) => [identity(item), item]));
  const matches = new Map<T, T>();
  for (const item of after) {
    const id = identity(item);
    const match = known.get(id);
    known.delete(id);
    if (match !== undefined) matches.set(item, match);
  }
  return matches;
}

/** Matches objects with the same name. */
export function matchByName<T extends Named>(before: readonly T[], after: readonly T[]): Map<T, T> {
  return matchBy(({ name }) => name, before, after);
}
