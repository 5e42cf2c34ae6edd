// The rows of the keyword tables. One row states everything about a keyword: the parser, the typed configuration, the
// defaults, the manual, the dump and a reload's difference are derived from it.

import type { Place } from "../diagnostic/diagnostic.ts";
import type { Report } from "../diagnostic/report.ts";
import type { Grammar, Statement } from "../language/parser.ts";
import type { System } from "./system.ts";

/** The values set so far by the keywords of one block. */
export interface Draft {
  /** The name after the block's keyword; "" for global_defs. */
  readonly name: string;
  readonly place: Place;
  /** The place where each keyword was last set. */
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
  /** The kind of a keyword within the block at a path. */
  readonly grammar: Grammar;
  /** The row of `keyword` within the block at `path`. */
  readonly row: (path: readonly string[], keyword: string) => Row | undefined;
  /** The keywords and blocks that the block at `path` may hold, in the table's order. */
  readonly keywordsIn: (path: readonly string[]) => string[];
  /** The paths of the blocks that contain `keyword`; "" is the file itself. */
  readonly homesOf: (keyword: string) => readonly string[];
}

/** The context of a keyword while it is read. */
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
 * The use of a row's value. `config`: it is the field of that name. `computed`: code computes that field from it.
 * `draft`: it is used only while the configuration is resolved.
 */
export type Stage = "config" | "computed" | "draft";

/** The effect of a second statement in the same block: it replaces the first, is ignored with an error, or adds to it. */
export type Repeat = "replaces" | "ignored" | "adds";

/** The values that a default may depend on. */
export interface DefaultContext {
  readonly system: System;
  /** The values that the block sets itself, by field. */
  readonly given: Readonly<Record<string, unknown>>;
  /** The value of another field of the block, defaults filled in. */
  value(field: string): unknown;
}

/** A default derived from other values; `text` describes it in the manual. */
export interface Derived<T> {
  readonly text: string;
  readonly of: (context: DefaultContext) => T;
}

/** The keyword of global_defs that provides the value if the block does not set it. */
export interface Inheritance {
  readonly keyword: string;
  /** `opening`: the value set by global_defs above the block; `end`: the value set anywhere. */
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
  /** A deprecated name, which causes a warning. */
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
  /** The consequence of ignoring it; undefined: it would change the node's behaviour, so the configuration is refused. */
  readonly without: string | undefined;
  /** The effect of an empty block; undefined: it is ignored silently. */
  readonly whenEmpty: EmptyBlock | undefined;
  readonly inner: Table;
}

/**
 * `refused`: even an empty block has an effect. `log`: keepalived's log line when it drops the block, with `NAME` for
 * the words after the keyword, which such a block requires.
 */
export type EmptyBlock = "refused" | { readonly log: string };

/** A word within an entry of a list. */
export interface OptionRow extends CommonFacts {
  readonly kind: "option";
  readonly isBuilt: boolean;
  readonly takesValue: boolean;
}

/** `include` and similar words, which are processed before keywords. */
export interface DirectiveRow extends CommonFacts {
  readonly kind: "directive";
  readonly isBuilt: true;
}

export type Row = BuiltRow | PlannedRow | OptionRow | DirectiveRow;

/** The rows of one block, ready to be looked up. */
export interface Table {
  readonly rows: readonly Row[];
  readonly byKeyword: ReadonlyMap<string, Row>;
  /**
   * By the field that they set, including inner blocks. Of several rows, the one whose value is used: neither a draft nor
   * deprecated.
   */
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

/** True if `row` is a keyword that is built. */
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

/** The type of the values set by the keywords of `rows`, by field; all are optional. */
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
