// Applies a block of statements by a table of rows: built keywords take effect, all others are reported.

import type { Report } from "../diagnostic/report.ts";
import { keywordOf, placeOf, type Statement } from "../language/parser.ts";
import { isEmptyBlock, reportEmptyBlock } from "./empty-block.ts";
import { derived, rowOf } from "./keyword.ts";
import {
  type BuiltRow,
  type Context,
  type Draft,
  isBuiltRow,
  type Repeat,
  type Table,
  type Vocabulary,
} from "./row.ts";
import { longer, nearest, unglued } from "./similar.ts";

/** The maximum number of blocks named for a keyword in the wrong place. */
const MAX_HOMES = 3;

/** A block with keywords of the object around it. */
export function section(
  keyword: string,
  facts: { readonly default: string; readonly means: string },
  inner: Table,
): BuiltRow<string, never, "draft"> {
  const fallback = derived<undefined>(facts.default, () => undefined);
  return {
    ...rowOf<string, never, never, "draft">(
      keyword,
      { syntax: "{ … }" },
      { ...facts, field: keyword, default: fallback as never, stage: "draft", repeat: "adds" },
    ),
    kind: "block",
    inner,
    apply: (draft, statement, context) => {
      const path = [...context.path, keyword];
      applyBlock(inner, statement.block ?? [], draft, { ...context, path });
    },
  };
}

/** Applies `statements`, the content of the block at the context's path, to `draft` by the rows of the block. */
export function applyBlock(
  { byKeyword }: Table,
  statements: readonly Statement[],
  draft: Draft,
  context: Context,
): void {
  for (const statement of statements) {
    const keyword = keywordOf(statement);
    const row = byKeyword.get(keyword);
    if (row === undefined || !isBuiltRow(row)) {
      reportOther(statement, context);
      continue;
    }
    if (row.replacedBy !== undefined) {
      const message = `'${keyword}' is deprecated; use '${row.replacedBy}'`;
      const log = `'${keyword}' is deprecated - please use '${row.replacedBy}'`;
      context.report("deprecated-keyword", placeOf(statement), message, {
        log,
        suggestion: row.replacedBy,
      });
    }
    if (draft.at.has(keyword) && row.repeat !== "adds") {
      reportRepeated(statement, row.repeat, context);
      if (row.repeat === "ignored") continue;
    }
    draft.at.set(keyword, statement.words[1] ?? placeOf(statement));
    row.apply(draft, statement, context);
  }
}

function reportRepeated(statement: Statement, repeat: Repeat, context: Context): void {
  const [keyword, argument] = statement.words.map((word) => word.text);
  if (repeat === "replaces") {
    const message = `'${keyword}' is set more than once; the last one counts`;
    context.report("repeated-value", placeOf(statement), message);
    return;
  }
  const message = `'${keyword}' is set more than once; the first one counts`;
  const log = `${context.logPrefix}${keyword} script already specified - ignoring ${argument ?? ""}`;
  context.report("repeated-keyword", placeOf(statement), message, { log });
}

/** Reports a statement without a built row: not implemented yet, or not a keyword. */
function reportOther(statement: Statement, { path, vocabulary, report }: Context): void {
  const keyword = keywordOf(statement);
  if (keyword === "{") return;
  const row = vocabulary.row(path, keyword);
  if (row === undefined || row.kind === "option") {
    reportUnknown(path, statement, vocabulary, report);
    return;
  }
  if (isEmptyBlock(row, statement)) {
    reportEmptyBlock(row, statement, report);
    return;
  }
  if (row.kind === "directive") {
    // One with an argument is processed before keywords.
    report("not-implemented", placeOf(statement), `'${keyword}' needs the path of a file`);
    return;
  }
  const without = "without" in row ? row.without : undefined;
  if (without === undefined) {
    const message = `'${keyword}' is not implemented yet, and without it this node would behave differently`;
    report("not-implemented", placeOf(statement), message);
  } else {
    const message = `'${keyword}' is not implemented yet and is ignored: ${without}`;
    report("not-implemented-detail", placeOf(statement), message);
  }
  if (row.kind === "block") {
    checkNames([...path, keyword], statement.block ?? [], vocabulary, report);
  }
}

/** Reports misspelt keywords in a block that is not implemented. */
function checkNames(
  path: readonly string[],
  statements: readonly Statement[],
  vocabulary: Vocabulary,
  report: Report,
): void {
  for (const statement of statements) {
    const keyword = keywordOf(statement);
    const kind = vocabulary.grammar(path, keyword);
    if (kind === undefined) reportUnknown(path, statement, vocabulary, report);
    else if (kind === "block") {
      checkNames([...path, keyword], statement.block ?? [], vocabulary, report);
    }
  }
}

function reportUnknown(
  path: readonly string[],
  statement: Statement,
  vocabulary: Vocabulary,
  report: Report,
): void {
  const keyword = keywordOf(statement);
  const homes = vocabulary.homesOf(keyword);
  const elsewhere = homes.length > 0 ? `; it belongs ${describeHomes(homes)}` : "";
  // A keyword of another block is not misspelt, but it may have a longer name here.
  const suggestion = (): string | undefined => {
    const candidates = vocabulary.keywordsIn(path);
    const isGlued = path.length === 0 && statement.block !== undefined;
    return (
      longer(keyword, candidates) ??
      (homes.length > 0 ? undefined : nearest(keyword, candidates)) ??
      (isGlued ? unglued(keyword, candidates) : undefined)
    );
  };
  const skipped = statement.block === undefined ? "" : "; its block is ignored";
  report(
    "unknown-keyword",
    placeOf(statement),
    `'${keyword}' is not a keyword here${elsewhere}${skipped}`,
    { log: `Unknown keyword '${keyword}'`, suggestion },
  );
}

/** The places of a keyword: "in vrrp_sync_group or vrrp_instance". */
function describeHomes(homes: readonly string[]): string {
  if (homes.includes("")) return "outside of all blocks";
  const most = homes.slice(0, MAX_HOMES).map((path) => path.split("/").join(" / "));
  return `in ${most.join(" or ")}`;
}
