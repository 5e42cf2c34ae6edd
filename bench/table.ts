// The rows of the result: what was measured on each side, their ratio, the target and whether it is met.

import type { Part } from "./options.ts";

/** What a row must reach. `text` says it to people. */
export interface Target {
  readonly text: string;
  /** Whether holdfast's figure reaches it; keepalived's is undefined when it could not be measured. */
  readonly isMet: (holdfast: number, keepalived: number | undefined) => boolean;
}

export interface Row {
  readonly part: Part;
  readonly label: string;
  readonly unit: string;
  /** Undefined when it could not be measured: that misses any target. Infinite for what did not end. */
  readonly holdfast: number | undefined;
  readonly keepalived: number | undefined;
  /** Digits behind the point. */
  readonly digits: number;
  readonly target: Target | undefined;
  /** Everything that the figures were made from, round by round. */
  readonly samples?: {
    readonly holdfast: readonly number[];
    readonly keepalived: readonly number[];
  };
  /** How an infinite figure is told: `over 45 s`. */
  readonly endless?: string;
}

export type Verdict = "pass" | "FAIL" | "-";

/** Whether a row meets its target; `-` without one. */
export function verdictOf({ target, holdfast, keepalived }: Row): Verdict {
  if (target === undefined) return "-";
  return holdfast !== undefined && target.isMet(holdfast, keepalived) ? "pass" : "FAIL";
}

/** No more than keepalived's, within a share of it or an amount, whichever is larger. */
export function noMoreThanKeepalived(text: string, share: number, amount: number): Target {
  return {
    text,
    isMet: (holdfast, keepalived) =>
      keepalived !== undefined &&
      holdfast <= Math.max(keepalived * (1 + share), keepalived + amount),
  };
}

/** Less than `limit`. */
export function under(limit: number, text: string): Target {
  return { text, isMet: (holdfast) => holdfast < limit };
}

/** At most `limit`. */
export function atMost(limit: number, text: string): Target {
  return { text, isMet: (holdfast) => holdfast <= limit };
}

const headings = ["", "holdfast", "keepalived", "ratio", "target", ""];

/** The table as text, each line ended. */
export function renderTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.label,
    show(row, "holdfast"),
    show(row, "keepalived"),
    ratio(row),
    row.target?.text ?? "",
    verdictOf(row),
  ]);
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((line) => (line[column] ?? "").length)),
  );
  const renderLine = (line: readonly string[]): string =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column >= 1 && column <= 3 ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [headings, ...cells].map((line) => `${renderLine(line)}\n`).join("");
}

function show(row: Row, side: "holdfast" | "keepalived"): string {
  const value = row[side];
  if (value === undefined) return "?";
  if (value === Number.POSITIVE_INFINITY) return row.endless ?? "endless";
  return `${value.toFixed(row.digits)} ${row.unit}`.trimEnd();
}

function ratio({ holdfast, keepalived }: Row): string {
  if (holdfast === undefined || keepalived === undefined) return "";
  const value = holdfast / keepalived;
  return Number.isFinite(value) ? value.toFixed(2) : "";
}
