// The result rows: the values of both sides, their ratio, the target and whether it is met.

import type { Part } from "./options.ts";

/** The target of a row, with its description. */
export interface Target {
  readonly text: string;
  /** Whether holdfast's value meets it; keepalived's is undefined if it could not be measured. */
  readonly isMet: (holdfast: number, keepalived: number | undefined) => boolean;
}

export interface Row {
  readonly part: Part;
  readonly label: string;
  readonly unit: string;
  /** Undefined if it could not be measured, which misses any target. Infinite if it did not end. */
  readonly holdfast: number | undefined;
  readonly keepalived: number | undefined;
  /** Number of decimals. */
  readonly digits: number;
  readonly target: Target | undefined;
  /** The values of each round. */
  readonly samples?: {
    readonly holdfast: readonly number[];
    readonly keepalived: readonly number[];
  };
  /** Text for an infinite value, e.g. `over 45 s`. */
  readonly endless?: string;
}

export type Verdict = "pass" | "FAIL" | "-";

/** Whether a row meets its target; `-` without one. */
export function verdictOf({ target, holdfast, keepalived }: Row): Verdict {
  if (target === undefined) return "-";
  return holdfast !== undefined && target.isMet(holdfast, keepalived) ? "pass" : "FAIL";
}

/** At most keepalived's value plus a share of it or an amount, whichever is larger. */
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

/** Renders the table. */
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
