// Builders of rows for the common kinds of keywords.

import { assert } from "../../lib/assert.ts";
import type { Place } from "../diagnostic/diagnostic.ts";
import type { Report } from "../diagnostic/report.ts";
import type { Word } from "../language/lexer.ts";
import { placeOf, type Statement } from "../language/parser.ts";
import type { Argument } from "./argument.ts";
import { bool } from "./argument.ts";
import {
  type BuiltRow,
  type Context,
  type Derived,
  type Draft,
  type Fallback,
  type Inheritance,
  isBuiltRow,
  NO_ROWS,
  type Repeat,
  type Row,
  type Stage,
  table,
} from "./row.ts";

/**
 * The properties of a row besides its keyword and arguments. A value that the file does not set has one source:
 * `default`, `inherits`, or none if it is `required`.
 */
export interface Facts<F extends string, D, S extends Stage> {
  readonly field: F;
  readonly default?: D | Derived<D>;
  readonly inherits?: Inheritance;
  readonly required?: true;
  readonly means: string;
  /** Default `config`. */
  readonly stage?: S;
  readonly alsoSets?: string;
  readonly replacedBy?: string;
  /** By default a repeated keyword replaces the value. */
  readonly repeat?: Repeat;
  /** A missing value is an error, but does not end the daemon. */
  readonly optional?: true;
  readonly isSecret?: true;
}

/** The properties of a row with one argument. */
export interface ValueFacts<F extends string, T, D, S extends Stage> extends Facts<F, D, S> {
  /** Called with the value, which is then not stored in the field. */
  readonly set?: (draft: Draft, value: T, context: Context, word: Word) => void;
}

/** A default derived from other values, with its text for the manual. */
export function derived<T>(text: string, of: Derived<T>["of"]): Derived<T> {
  return { text, of };
}

/** The value set with `keyword` in global_defs above the block. */
export function inheritedAtOpening(keyword: string): Inheritance {
  return { keyword, at: "opening" };
}

/** The value set with `keyword` in global_defs, anywhere in the file. */
export function inherited(keyword: string): Inheritance {
  return { keyword, at: "end" };
}

/** A keyword with one argument. */
export function value<
  const F extends string,
  T,
  const D extends T | undefined = never,
  S extends Stage = "config",
>(keyword: string, argument: Argument<T>, facts: ValueFacts<F, T, D, S>): BuiltRow<F, T | D, S> {
  const { syntax, range, show } = argument;
  return {
    ...rowOf<F, T, D, S>(keyword, { syntax, range, show: show as BuiltRow["show"] }, facts),
    apply: (draft, statement, context) => {
      const word = firstArgument(statement, context, facts.optional === true);
      if (word === undefined) return;
      warnExtra(statement, 2, context);
      const read = argument.read(word, context.report);
      if (read === undefined) return;
      if (facts.set === undefined) draft.given[facts.field] = read;
      else facts.set(draft, read, context, word);
    },
  };
}

/** A keyword without arguments that sets its field to true; the default is false. */
export function flag<const F extends string, S extends Stage = "config">(
  keyword: string,
  facts: Facts<F, boolean, S>,
): BuiltRow<F, boolean, S> {
  return switchRow(keyword, facts, true);
}

/** A keyword without arguments that sets its field to false; the default is true. A flag may set the same field. */
export function opposite<const F extends string, S extends Stage = "config">(
  keyword: string,
  facts: {
    readonly field: F;
    readonly default: string;
    readonly means: string;
    readonly stage?: S;
  },
): BuiltRow<F, boolean, S> {
  return switchRow(keyword, { ...facts, default: derived(facts.default, () => true) }, false);
}

function switchRow<F extends string, S extends Stage>(
  keyword: string,
  facts: Facts<F, boolean, S>,
  isOn: boolean,
): BuiltRow<F, boolean, S> {
  const source = facts.inherits === undefined ? { default: false } : {};
  return {
    ...rowOf<F, boolean, boolean, S>(
      keyword,
      { syntax: "", range: "", show: showBool },
      { ...source, ...facts },
    ),
    apply: (draft, statement, context) => {
      warnExtra(statement, 1, context);
      draft.given[facts.field] = isOn;
    },
  };
}

/** A keyword with an optional BOOL; alone it means true. False by default. */
export function optionalBool<const F extends string, S extends Stage = "config">(
  keyword: string,
  facts: ValueFacts<F, boolean, boolean, S>,
): BuiltRow<F, boolean, S> {
  const source = facts.inherits === undefined ? { default: false } : {};
  const shown = { syntax: `[${bool.syntax}]`, range: bool.range, show: showBool };
  return {
    ...rowOf<F, boolean, boolean, S>(keyword, shown, { ...source, ...facts }),
    apply: (draft, statement, context) => {
      warnExtra(statement, 2, context);
      const word = statement.words[1] ?? statement.words[0];
      const read =
        statement.words.length === 1 || word === undefined || bool.read(word, context.report);
      if (read === undefined || word === undefined) return;
      if (facts.set === undefined) draft.given[facts.field] = read;
      else facts.set(draft, read, context, word);
    },
  };
}

const showBool = (on: unknown): string => (on === true ? "on" : "off");

/** The arguments of a keyword that reads them itself, as the manual shows them. */
export interface Shape {
  readonly syntax: string;
  readonly range?: string;
  readonly show?: (value: never) => string;
  /** The dump shows the value as users write it, too. */
  readonly isDumpedAsWritten?: true;
}

/** A keyword that reads its own arguments. `read` returns the value; undefined if it is ignored (already reported). */
export function custom<
  const F extends string,
  T,
  const D extends T | undefined = never,
  S extends Stage = "config",
>(
  keyword: string,
  shape: Shape,
  facts: Facts<F, D, S>,
  read: (statement: Statement, context: Context, draft: Draft) => T | undefined,
): BuiltRow<F, T | D, S> {
  return {
    ...rowOf<F, T, D, S>(keyword, shape, facts),
    apply: (draft, statement, context) => {
      const found = read(statement, context, draft);
      if (found !== undefined) draft.given[facts.field] = found;
    },
  };
}

/** An entry of a list, and its place. */
export interface Placed<T> {
  readonly value: T;
  readonly place: Place;
}

/**
 * A block with one entry per line, whose field is the list of the results of `read`. Entries without a result are ignored
 * (already reported). `options` are the words that an entry may contain.
 */
export function list<const F extends string, T, S extends Stage = "computed">(
  keyword: string,
  shape: Shape & { readonly options?: readonly Row[] },
  facts: Pick<Facts<F, T[], S>, "field" | "means" | "stage"> & {
    readonly default?: Derived<T[]>;
  },
  read: (entry: Statement, context: Context, draft: Draft) => readonly T[],
  whole: (statement: Statement, context: Context) => void = () => undefined,
): BuiltRow<F, T[], S> {
  const syntax = `{ ${shape.syntax} … }`;
  return {
    ...rowOf<F, T[], T[], S>(
      keyword,
      { ...shape, syntax },
      { default: [], repeat: "adds", ...facts, stage: facts.stage ?? ("computed" as S) },
    ),
    kind: "list",
    inner: shape.options === undefined ? NO_ROWS : table(shape.options),
    apply: (draft, statement, context) => {
      warnBlockExtra(statement, context.report);
      const entries = (draft.given[facts.field] ?? []) as T[];
      draft.given[facts.field] = entries;
      for (const entry of statement.block ?? []) entries.push(...read(entry, context, draft));
      whole(statement, context);
    },
  };
}

/** The second word; undefined if it is missing, which is reported. */
export function firstArgument(
  statement: Statement,
  context: Context,
  optional: boolean,
): Word | undefined {
  const word = statement.words[1];
  if (word === undefined) reportMissing(statement, context, optional);
  return word;
}

/** Reports a missing argument. keepalived ends at once for most keywords, and ignores `optional` ones. */
export function reportMissing(statement: Statement, context: Context, optional: boolean): void {
  const keyword = statement.words[0]?.text ?? "";
  const last = statement.words[statement.words.length - 1]?.text ?? "";
  const row = context.vocabulary.row(context.path, keyword);
  const wanted = row !== undefined && isBuiltRow(row) ? `: ${valueText(row)}` : "";
  context.report(
    optional ? "missing-value" : "missing-argument",
    placeOf(statement),
    `'${keyword}' needs a value${wanted}`,
    {
      log: `*** Configuration line starting \`${keyword}\` is missing a parameter after keyword \`${last}\` at word position ${statement.words.length + 1}`,
    },
  );
}

function valueText({ syntax, range }: BuiltRow): string {
  return range === "" ? syntax : `${syntax} (${range})`;
}

/** Warns of unused words, from the `count`th on. */
export function warnExtra(statement: Statement, count: number, context: Context): void {
  const extra = statement.words[count];
  if (extra === undefined) return;
  const keyword = statement.words[0]?.text ?? "";
  const rest = statement.words.slice(count).map((word) => word.text);
  const takes =
    count === 1 ? "takes no value" : `takes ${count === 2 ? "one value" : `${count - 1} values`}`;
  context.report("extra-argument", extra, `'${keyword}' ${takes}; '${rest.join(" ")}' is ignored`);
}

/** Warns of words between the keyword of a list and its brace; keepalived counts them as a problem. */
export function warnBlockExtra(statement: Statement, report: Report): void {
  const [keyword, extra, ...rest] = statement.words;
  if (keyword === undefined || extra === undefined) return;
  const words = [extra, ...rest].map((word) => word.text).join(" ");
  const message = `'${keyword.text}' takes no value; '${words}' is ignored`;
  const log = `Block ${keyword.text} has extra parameters ${extra.text} ...`;
  report("extra-block-argument", extra, message, { log });
}

/** The common properties of a row. */
export function rowOf<F extends string, T, D, S extends Stage>(
  keyword: string,
  { syntax, range = "", show = String, isDumpedAsWritten }: Shape,
  facts: Facts<F, D, S>,
): Omit<BuiltRow<F, T | D, S>, "apply"> {
  return {
    keyword,
    kind: "keyword",
    isBuilt: true,
    field: facts.field,
    alsoSets: facts.alsoSets,
    stage: facts.stage ?? ("config" as S),
    fallback: fallbackOf(keyword, facts),
    syntax,
    range,
    show: show as BuiltRow["show"],
    isDumpedAsWritten: isDumpedAsWritten === true,
    means: facts.means,
    repeat: facts.repeat ?? "replaces",
    isSecret: facts.isSecret === true,
    isDeprecated: facts.replacedBy !== undefined,
    replacedBy: facts.replacedBy,
    inner: NO_ROWS,
  };
}

function fallbackOf<F extends string, D, S extends Stage>(
  keyword: string,
  facts: Facts<F, D, S>,
): Fallback<D> {
  if (facts.inherits !== undefined) return { kind: "inherited", from: facts.inherits };
  if (facts.required === true) return { kind: "required" };
  assert("default" in facts, `${keyword} has no default`);
  const given = facts.default as D | Derived<D>;
  return isDerived(given) ? { kind: "derived", derived: given } : { kind: "value", value: given };
}

function isDerived<D>(given: D | Derived<D>): given is Derived<D> {
  return typeof given === "object" && given !== null && "of" in given;
}
