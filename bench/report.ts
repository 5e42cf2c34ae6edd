// The interface through which the parts of the bench report progress and results.

import type { Row } from "./table.ts";

/** Receives progress, notes and result rows. */
export interface Report {
  /** Reports a short line of progress. */
  readonly progress: (text: string) => void;
  /** Adds a note to the results. */
  readonly note: (text: string) => void;
  readonly row: (row: Row) => void;
}
