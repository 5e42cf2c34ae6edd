// What a row of the keyword tables is, and the few shapes that most rows have.

import type { Report } from "../diagnostic/report.ts";
import type { ConfigDraft, Draft } from "../draft.ts";
import type { Word } from "../language/lexer.ts";
import { placeOf, type Statement } from "../language/parser.ts";
import type { System } from "../system.ts";
import type { Argument } from "./argument.ts";
import { bool } from "./argument.ts";

/** What a keyword may look at while it is applied. */
export interface Context {
  /** How keepalived's log begins when it speaks of this object: "(VI_1) ", or "". */
  readonly logPrefix: string;
  readonly report: Report;
  readonly system: System;
  /** Everything read so far. */
  readonly draft: ConfigDraft;
}

/** One keyword: for the reader, the manual and the diagnostics. */
export interface Keyword<D extends Draft> {
  readonly keyword: string;
  /** The arguments as the manual shows them; "" for none. */
  readonly syntax: string;
  readonly range: string;
  readonly default: string;
  readonly means: string;
  /** What a second one in the same block does: replace the first, be ignored with an error, or add to it. */
  readonly repeat: Repeat;
  /** The keyword to write instead; undefined when this one is fine. */
  readonly replacedBy: string | undefined;
  readonly apply: (draft: D, statement: Statement, context: Context) => void;
}

export type Repeat = "replaces" | "ignored" | "adds";

export type Keywords<D extends Draft> = readonly Keyword<D>[];

/** What the rows say in words. */
export interface Facts {
  readonly default: string;
  readonly means: string;
  readonly replacedBy?: string;
  /** Replaces, unless told otherwise. */
  readonly repeat?: Repeat;
  /** The value may be left out without ending the daemon: an error only. */
  readonly optional?: true;
}

/** The fields of a draft that take a `T`. */
type FieldFor<D, T> = { [Field in keyof D]-?: T extends D[Field] ? Field : never }[keyof D];

/** What becomes of a keyword's value: it is the value of that field, or whatever the function does with it. */
export type Setter<D, T, Rest extends readonly unknown[] = []> =
  | FieldFor<D, T>
  | ((draft: D, value: T, context: Context, ...rest: Rest) => void);

/** A keyword with one argument. */
export function value<D extends Draft, T>(
  keyword: string,
  argument: Argument<T>,
  facts: Facts,
  setter: Setter<D, T, [word: Word]>,
): Keyword<D> {
  return {
    ...rowOf(keyword, argument.syntax, argument.range, facts),
    apply: (draft, statement, context) => {
      const word = firstArgument(statement, context, facts.optional === true);
      if (word === undefined) return;
      warnExtra(statement, 2, context);
      const read = argument.read(word, context.report);
      if (read !== undefined) set(setter, draft, read, context, word);
    },
  };
}

/** A keyword that stands alone: its field is true. */
export function flag<D extends Draft>(
  keyword: string,
  facts: Facts,
  setter: Setter<D, true>,
): Keyword<D> {
  return {
    ...rowOf(keyword, "", "", facts),
    apply: (draft, statement, context) => {
      warnExtra(statement, 1, context);
      set(setter, draft, true, context);
    },
  };
}

/** A keyword with an optional BOOL; alone it means true. */
export function optionalBool<D extends Draft>(
  keyword: string,
  facts: Facts,
  setter: Setter<D, boolean>,
): Keyword<D> {
  return {
    ...rowOf(keyword, `[${bool.syntax}]`, bool.range, facts),
    apply: (draft, statement, context) => {
      warnExtra(statement, 2, context);
      const word = statement.words[1];
      const read = word === undefined ? true : bool.read(word, context.report);
      if (read !== undefined) set(setter, draft, read, context);
    },
  };
}

/** Does with `value` what a row says. */
export function set<D extends Draft, T, Rest extends readonly unknown[]>(
  setter: Setter<D, T, Rest>,
  draft: D,
  value: T,
  context: Context,
  ...rest: Rest
): void {
  if (typeof setter === "function") setter(draft, value, context, ...rest);
  else draft[setter] = value as D[typeof setter];
}

/** A keyword that reads its own arguments. */
export function custom<D extends Draft>(
  keyword: string,
  syntax: string,
  range: string,
  facts: Facts,
  apply: (draft: D, statement: Statement, context: Context) => void,
): Keyword<D> {
  return { ...rowOf(keyword, syntax, range, facts), apply };
}

/** A block with one entry a line; `whole` looks at all of it last. */
export function list<D extends Draft>(
  keyword: string,
  syntax: string,
  range: string,
  facts: Facts,
  each: (draft: D, entry: Statement, context: Context) => void,
  whole: (draft: D, statement: Statement, context: Context) => void = () => undefined,
): Keyword<D> {
  return {
    ...rowOf(keyword, `{ ${syntax} … }`, range, facts),
    repeat: "adds",
    apply: (draft, statement, context) => {
      warnBlockExtra(statement, context.report);
      for (const entry of statement.block ?? []) each(draft, entry, context);
      whole(draft, statement, context);
    },
  };
}

/** A block of further keywords for the same object. */
export function section<D extends Draft>(
  keyword: string,
  facts: Facts,
  apply: (draft: D, statement: Statement, context: Context) => void,
): Keyword<D> {
  return { ...rowOf(keyword, "{ … }", "", facts), repeat: "adds", apply };
}

/** The second word, or undefined after saying that it is missing. */
export function firstArgument(
  statement: Statement,
  context: Context,
  optional: boolean,
): Word | undefined {
  const word = statement.words[1];
  if (word === undefined) reportMissing(statement, context, optional);
  return word;
}

/** Says that an argument is missing. keepalived ends at once for most keywords; `optional` ones it ignores. */
export function reportMissing(statement: Statement, context: Context, optional: boolean): void {
  const keyword = statement.words[0]?.text ?? "";
  const last = statement.words[statement.words.length - 1]?.text ?? "";
  context.report(
    optional ? "missing-value" : "missing-argument",
    placeOf(statement),
    `'${keyword}' needs a value`,
    {
      log: `*** Configuration line starting \`${keyword}\` is missing a parameter after keyword \`${last}\` at word position ${statement.words.length + 1}`,
    },
  );
}

/** Warns of words that nobody reads, from the `count`th on. */
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

function rowOf(
  keyword: string,
  syntax: string,
  range: string,
  facts: Facts,
): Omit<Keyword<Draft>, "apply"> {
  return {
    keyword,
    syntax,
    range,
    default: facts.default,
    means: facts.means,
    repeat: facts.repeat ?? "replaces",
    replacedBy: facts.replacedBy,
  };
}
