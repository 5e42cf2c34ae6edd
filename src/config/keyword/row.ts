// What a row of the keyword tables is. One row states everything about a keyword; the reader, the typed configuration,
// the defaults, the manual, the dump and a reload's difference are made from it.

import type { Place } from "../diagnostic/diagnostic.ts";
import type { Report } from "../diagnostic/report.ts";
import type { Grammar, Statement } from "../language/parser.ts";
import type { System } from "../system.ts";

/** What the keywords of one block have set so far. */
export interface Draft {
  /** The name behind the block's keyword; "" for global_defs. */
  readonly name: string;
  readonly place: Place;
  /** Where each keyword was last set. */
  readonly at: Map<string, Place>;
  /** The values, by the fields of the rows. */
  readonly given: Record<string, unknown>;
  /** The values that global_defs had for this block's rows when the block was opened. */
  readonly inherited: Readonly<Record<string, unknown>>;
  /** The entries of its lists, to find duplicates. */
  readonly listed: Set<string>;
}

/** The blocks read so far. */
export interface Drafts {
  readonly global: Draft;
  /** The blocks that `keyword` opens, by name, in the order of the file. */
  of(keyword: string): ReadonlyMap<string, Draft>;
}

/** All keywords of a set of tables. */
export interface Vocabulary {
  /** What a keyword is within the block at a path. */
  readonly grammar: Grammar;
  /** The row of `keyword` within the block at `path`. */
  readonly row: (path: readonly string[], keyword: string) => Row | undefined;
  /** The keywords and blocks that the block at `path` may hold, in the table's order. */
  readonly keywordsIn: (path: readonly string[]) => string[];
  /** The paths of the blocks that hold `keyword`; "" is the file itself. */
  readonly homesOf: (keyword: string) => readonly string[];
}

/** What a keyword may use while it is read. */
export interface Context {
  /** The start of keepalived's log lines about this object: "(VI_1) ", or "". */
  readonly logPrefix: string;
  readonly report: Report;
  readonly system: System;
  readonly vocabulary: Vocabulary;
  readonly drafts: Drafts;
  /** The keywords of the blocks around the statement, the outermost first. */
  readonly path: readonly string[];
}

/**
 * What becomes of a row's value. `config`: it is the field of that name. `computed`: code makes that field from it.
 * `draft`: it is only used while the configuration is resolved.
 */
export type Stage = "config" | "computed" | "draft";

/** What a second statement in the same block does: replace the first, be ignored with an error, or add to it. */
export type Repeat = "replaces" | "ignored" | "adds";

/** What a default may depend on. */
export interface DefaultContext {
  readonly system: System;
  /** What the block sets itself. */
  readonly given: Readonly<Record<string, unknown>>;
  /** The value of another field of the block, defaults filled in. */
  value(field: string): unknown;
}

/** A default that follows from other things; `text` names it in the manual. */
export interface Derived<T> {
  readonly text: string;
  readonly of: (context: DefaultContext) => T;
}

/** Where a block takes the value of a row from when it does not set it itself: a keyword of global_defs. */
export interface Inheritance {
  readonly keyword: string;
  /** `opening`: what global_defs has set above the block; `end`: what it has set anywhere. */
  readonly at: "opening" | "end";
}

export type Fallback<T> =
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "derived"; readonly derived: Derived<T> }
  | { readonly kind: "inherited"; readonly from: Inheritance }
  | { readonly kind: "required" };

interface CommonFacts {
  readonly keyword: string;
  readonly means: string;
  readonly repeat: Repeat;
  /** An old name, which gets a warning. */
  readonly isDeprecated: boolean;
}

/** A keyword that is built. F: its field, T: the value of the field. */
export interface BuiltRow<F extends string = string, T = unknown, S extends Stage = Stage>
  extends CommonFacts {
  readonly kind: "keyword" | "block" | "list";
  readonly isBuilt: true;
  /** "garp.masterRepeat" is the field `masterRepeat` of the field `garp`. Several keywords may set one field. */
  readonly field: F;
  /** Another field that the keyword sets too. */
  readonly alsoSets: string | undefined;
  readonly stage: S;
  readonly fallback: Fallback<T>;
  /** The arguments as the manual shows them; "" for none. */
  readonly syntax: string;
  readonly range: string;
  /** A value as users write it. */
  readonly show: (value: unknown) => string;
  /** The dump of the configuration shows the value as users write it, too. */
  readonly isDumpedAsWritten: boolean;
  /** The value must not be shown. */
  readonly isSecret: boolean;
  /** The keyword to use instead of a deprecated one. */
  readonly replacedBy: string | undefined;
  /** Keywords of the block, or options of a list's entries. */
  readonly inner: Table;
  readonly apply: (draft: Draft, statement: Statement, context: Context) => void;
}

/** A keyword of keepalived that is known and not built yet. */
export interface PlannedRow extends CommonFacts {
  readonly kind: "keyword" | "block" | "list";
  readonly isBuilt: false;
  /** What it costs to ignore it; undefined: it would change what the node does, so the configuration is refused. */
  readonly without: string | undefined;
  /** What becomes of the block when there is nothing in it; undefined: it is ignored without a word. */
  readonly whenEmpty: EmptyBlock | undefined;
  readonly inner: Table;
}

/**
 * `refused`: even an empty block has an effect. `log`: what keepalived logs when it drops the block, with `NAME` for
 * the words behind the keyword; such a block needs them.
 */
export type EmptyBlock = "refused" | { readonly log: string };

/** A word within an entry of a list. */
export interface OptionRow extends CommonFacts {
  readonly kind: "option";
  readonly isBuilt: boolean;
  readonly takesValue: boolean;
}

/** `include` and its like, which are read before keywords are. */
export interface DirectiveRow extends CommonFacts {
  readonly kind: "directive";
  readonly isBuilt: true;
}

export type Row = BuiltRow | PlannedRow | OptionRow | DirectiveRow;

/** The rows of one block, ready to be looked up. */
export interface Table {
  readonly rows: readonly Row[];
  readonly byKeyword: ReadonlyMap<string, Row>;
  /** By the field that they set, those of inner blocks included. Of several rows, the one that gives it its default. */
  readonly byField: ReadonlyMap<string, BuiltRow>;
}

/** `rows` as a table. */
export function table(rows: readonly Row[]): Table {
  const byField = new Map<string, BuiltRow>();
  const all = withInner(rows);
  const isMain = ({ stage, isDeprecated }: BuiltRow): boolean => stage !== "draft" && !isDeprecated;
  for (const row of [...all.filter(isMain), ...all.filter((row) => !isMain(row))]) {
    for (const field of [row.field, row.alsoSets]) {
      if (field !== undefined && !byField.has(field)) byField.set(field, row);
    }
  }
  return { rows, byKeyword: new Map(rows.map((row) => [row.keyword, row])), byField };
}

function withInner(rows: readonly Row[]): BuiltRow[] {
  return rows.filter(isBuiltRow).flatMap((row) => [row, ...withInner(row.inner.rows)]);
}

/** Whether `row` is a keyword that is built. */
export function isBuiltRow(row: Row): row is BuiltRow {
  return row.isBuilt && row.kind !== "option" && row.kind !== "directive";
}

export const NO_ROWS: Table = table([]);

/** The type of `rows` as the fields of a configuration: those that need no code, nested where the field has a dot. */
export type FromRows<R extends readonly Row[]> = Simple<
  { readonly [K in ConfigRow<R> as Undotted<K["field"]>]: ValueOf<K> } & {
    readonly [G in Group<ConfigRow<R>["field"]>]: {
      readonly [K in ConfigRow<R> as Within<G, K["field"]>]: ValueOf<K>;
    };
  }
>;

/** The type of what the keywords of `rows` set, by field; all of it may be missing. */
export type GivenBy<R extends readonly Row[]> = {
  readonly [K in FieldRow<R[number]> as K["field"]]?: ValueOf<K>;
};

type FieldRow<R> = R extends BuiltRow<infer F, infer T, infer S> ? BuiltRow<F, T, S> : never;
type ConfigRow<R extends readonly Row[]> = Extract<
  FieldRow<R[number]>,
  { readonly stage: "config" }
>;
type ValueOf<R> = R extends BuiltRow<string, infer T> ? T : never;
type Undotted<F extends string> = F extends `${string}.${string}` ? never : F;
type Group<F extends string> = F extends `${infer G}.${string}` ? G : never;
type Within<G extends string, F extends string> = F extends `${G}.${infer Rest}` ? Rest : never;
type Simple<T> = { readonly [K in keyof T]: T[K] };
