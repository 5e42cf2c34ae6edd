// Empty blocks that are not implemented: they have no effect, so the start is not refused.

import type { Report } from "../diagnostic/report.ts";
import { keywordOf, placeOf, type Statement } from "../language/parser.ts";
import { warnBlockExtra } from "./keyword.ts";
import type { Row } from "./row.ts";

const NAME = "NAME";

/** True if `statement`, a keyword of `row`, is a block that contains nothing but empty blocks. */
export function isEmptyBlock(row: Row, statement: Statement): boolean {
  const { block, words } = statement;
  if (block === undefined || row.kind === "option" || row.kind === "directive" || row.isBuilt) {
    return false;
  }
  if (row.whenEmpty === "refused") return false;
  // A missing name is an error.
  if (row.whenEmpty?.log.includes(NAME) === true && words.length < 2) return false;
  return block.every((statementWithin) => {
    const within = row.inner.byKeyword.get(keywordOf(statementWithin));
    return (
      within !== undefined &&
      (within.kind === "block" || within.kind === "list") &&
      statementWithin.words.length === 1 &&
      isEmptyBlock(within, statementWithin)
    );
  });
}

/** Warns of an empty block where keepalived does. */
export function reportEmptyBlock(row: Row, statement: Statement, report: Report): void {
  const whenEmpty = "whenEmpty" in row ? row.whenEmpty : undefined;
  const log = typeof whenEmpty === "object" ? whenEmpty.log : undefined;
  if (log?.includes(NAME) !== true) warnBlockExtra(statement, report);
  // A track group may have no members, but its inner block must not be empty.
  const isFine = row.keyword === "track_group" && statement.block?.length === 0;
  if (log === undefined || isFine) return;
  const name = statement.words.slice(1).map((word) => word.text);
  const message = `'${row.keyword}' is empty and is ignored`;
  report("empty-list", placeOf(statement), message, {
    log: log.replace(NAME, () => name.join(" ")),
  });
}
