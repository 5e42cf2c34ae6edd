// What a part of the bench hands back and how it speaks while it runs.

import type { Row } from "./table.ts";

/** Where a part tells what it is doing, what went wrong, and its rows. */
export interface Report {
  /** One short line of progress. */
  readonly progress: (text: string) => void;
  /** Something that people must know to judge the rows. */
  readonly note: (text: string) => void;
  readonly row: (row: Row) => void;
}
