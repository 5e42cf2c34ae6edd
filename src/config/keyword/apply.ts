// One block of statements against one table of keywords: what is known is applied, everything else is said once.

import type { Report } from "../diagnostic/report.ts";
import type { Draft } from "../draft.ts";
import { keywordOf, placeOf, type Statement } from "../language/parser.ts";
import { isEmptyBlock, reportEmptyBlock } from "./empty-block.ts";
import type { Context, Keywords, Repeat } from "./keyword.ts";
import { grammar, homesOf, keywordsIn, longer, nearest, unglued } from "./lookup.ts";
import { missingGrade } from "./not-implemented.ts";

/** How many places are named for a keyword that is in the wrong one. */
const MAX_HOMES = 3;

/** Applies `statements`, the content of the block at `path`, to `draft` by `table`. */
export function applyBlock<D extends Draft>(
  path: readonly string[],
  table: Keywords<D>,
  statements: readonly Statement[],
  draft: D,
  context: Context,
): void {
  for (const statement of statements) {
    const keyword = keywordOf(statement);
    // No index: to make one for each of a hundred thousand small blocks takes longer than to search.
    const row = table.find((candidate) => candidate.keyword === keyword);
    if (row === undefined) {
      reportOther(path, statement, context.report);
      continue;
    }
    if (row.replacedBy !== undefined) {
      const message = `'${keyword}' is an old name`;
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
    const message = `'${keyword}' stands here more than once; the last one counts`;
    context.report("repeated-value", placeOf(statement), message);
    return;
  }
  const message = `'${keyword}' stands here more than once; the first one counts`;
  const log = `${context.logPrefix}${keyword} script already specified - ignoring ${argument ?? ""}`;
  context.report("repeated-keyword", placeOf(statement), message, { log });
}

/** Says what a statement is that no table row takes: not implemented yet, or not a keyword. */
export function reportOther(path: readonly string[], statement: Statement, report: Report): void {
  const keyword = keywordOf(statement);
  if (keyword === "{") return;
  const kind = grammar(path, keyword);
  if (kind === undefined || kind === "option") {
    reportUnknown(path, statement, report);
    return;
  }
  if (isEmptyBlock(path, statement)) {
    reportEmptyBlock(path, statement, report);
    return;
  }
  const { code, consequence } = missingGrade(path, keyword);
  const message =
    code === "not-implemented"
      ? `'${keyword}' is not implemented yet, and ${consequence}`
      : `'${keyword}' is not implemented yet and is ignored; ${consequence}`;
  report(code, placeOf(statement), message);
  if (kind === "block") checkNames([...path, keyword], statement.block ?? [], report);
}

/** Looks for misspelt keywords in a block that isn't implemented. */
function checkNames(
  path: readonly string[],
  statements: readonly Statement[],
  report: Report,
): void {
  for (const statement of statements) {
    const keyword = keywordOf(statement);
    const kind = grammar(path, keyword);
    if (kind === undefined) reportUnknown(path, statement, report);
    else if (kind === "block") checkNames([...path, keyword], statement.block ?? [], report);
  }
}

function reportUnknown(path: readonly string[], statement: Statement, report: Report): void {
  const keyword = keywordOf(statement);
  const homes = homesOf(keyword);
  const elsewhere = homes.length > 0 ? `; it belongs ${describeHomes(homes)}` : "";
  // What is a keyword elsewhere is not misspelt, but its name may be longer here.
  const suggestion = (): string | undefined => {
    const candidates = keywordsIn(path);
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

/** Where a keyword is one: "in vrrp_sync_group or vrrp_instance". */
function describeHomes(homes: readonly string[]): string {
  if (homes.includes("")) return "outside of all blocks";
  const most = homes.slice(0, MAX_HOMES).map((path) => path.split("/").join(" / "));
  return `in ${most.join(" or ")}`;
}
