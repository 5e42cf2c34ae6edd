// Rows of keepalived's keywords that are not built yet, and of words that are not keywords of a block.

import type { DirectiveRow, EmptyBlock, OptionRow, PlannedRow, Repeat, Row } from "./row.ts";
import { NO_ROWS, table } from "./row.ts";

/** The consequences of ignoring a keyword, as text. */
export const ONLY_REPORTS = "it only reports to other programs";
export const ONLY_TUNES = "it only affects performance";
export const NEEDS_LVS = "it has no effect without virtual servers";
export const NEEDS_IPV6 = "it has no effect without IPv6";
export const NEEDS_VMAC = "it has no effect without virtual MAC addresses";
export const NEEDS_BFD = "it has no effect without BFD sessions";

interface PlannedFacts {
  /** The consequence of ignoring it; if undefined, the configuration is refused. */
  readonly without?: string;
  readonly isDeprecated?: true;
  readonly repeat?: Repeat;
}

interface PlannedBlockFacts extends PlannedFacts {
  readonly whenEmpty?: EmptyBlock;
}

/** A keyword without a block. */
export function planned(keyword: string, means: string, facts: PlannedFacts = {}): PlannedRow {
  return { ...plannedRow(keyword, means, facts), kind: "keyword" };
}

/** A block of keywords. */
export function plannedBlock(
  keyword: string,
  means: string,
  rows: readonly Row[],
  facts: PlannedBlockFacts = {},
): PlannedRow {
  const row = plannedRow(keyword, means, { repeat: "adds", ...facts });
  return { ...row, kind: "block", inner: table(rows) };
}

/** A block with one entry per line; `options` are the words that an entry may contain. */
export function plannedList(
  keyword: string,
  means: string,
  options: readonly Row[] = [],
  facts: PlannedBlockFacts = {},
): PlannedRow {
  const row = plannedRow(keyword, means, { repeat: "adds", ...facts });
  return { ...row, kind: "list", inner: options.length === 0 ? NO_ROWS : table(options) };
}

function plannedRow(
  keyword: string,
  means: string,
  facts: PlannedBlockFacts,
): Omit<PlannedRow, "kind"> {
  return {
    keyword,
    means,
    isBuilt: false,
    repeat: facts.repeat ?? "replaces",
    isDeprecated: facts.isDeprecated === true,
    without: facts.without,
    whenEmpty: facts.whenEmpty,
    inner: NO_ROWS,
  };
}

interface OptionFacts {
  readonly isDeprecated?: true;
  readonly repeat?: Repeat;
  /** Built, with a value after it. */
  readonly takesValue?: true;
  /** Built, without a value. */
  readonly isAlone?: true;
}

/** A word within an entry of a list; not built unless `takesValue` or `isAlone` is set. */
export function option(keyword: string, means: string, facts: OptionFacts = {}): OptionRow {
  return {
    keyword,
    means,
    kind: "option",
    isBuilt: facts.takesValue === true || facts.isAlone === true,
    takesValue: facts.takesValue === true,
    repeat: facts.repeat ?? "replaces",
    isDeprecated: facts.isDeprecated === true,
  };
}

/** A word at the beginning of a line that is processed before keywords. */
export function directive(keyword: string, means: string): DirectiveRow {
  return { keyword, means, kind: "directive", isBuilt: true, repeat: "adds", isDeprecated: false };
}
