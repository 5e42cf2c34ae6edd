// Looks up keywords by the block that contains them.

import type { StatementKind } from "../language/parser.ts";
import type { Row, Table, Vocabulary } from "./row.ts";

/** The vocabulary of `root`, the keywords outside of all blocks, and of all blocks in it. */
export function vocabularyOf(root: Table): Vocabulary {
  const tables = new Map<string, Table>();
  const homes = new Map<string, string[]>();
  const visit = (path: string, table: Table): void => {
    tables.set(path, table);
    for (const row of table.rows) {
      if (row.kind === "option") continue;
      homes.set(row.keyword, [...(homes.get(row.keyword) ?? []), path]);
      if (row.kind !== "directive") {
        visit(path === "" ? row.keyword : `${path}/${row.keyword}`, row.inner);
      }
    }
  };
  visit("", root);
  const rowOf = (path: readonly string[], keyword: string): Row | undefined =>
    tables.get(path.join("/"))?.byKeyword.get(keyword);
  return {
    row: rowOf,
    grammar: (path, keyword): StatementKind | undefined => rowOf(path, keyword)?.kind,
    keywordsIn: (path) =>
      (tables.get(path.join("/"))?.rows ?? [])
        .filter(({ kind }) => kind !== "option")
        .map(({ keyword }) => keyword),
    homesOf: (keyword) => homes.get(keyword) ?? [],
  };
}
