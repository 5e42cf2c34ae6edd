// Renders diagnostics: for people, with the line and a caret, and as keepalived's log lines, for tools.

import { MAX_LINES } from "../language/lexer.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { hideSecret } from "./secret.ts";

/** How much of a long line is shown around the place. */
const EXCERPT_UNITS = 160;
const BEFORE_PLACE_UNITS = 60;
const LONGEST_SHOWN = 2048;

/** A rendered diagnostic. */
export interface RenderedDiagnostic {
  /** keepalived's line for it: `(FILE: Line 3) Unknown keyword 'x'`; undefined if it logs none. */
  readonly log: string | undefined;
  /**
   * `FILE:LINE:COLUMN: grade: message`, then the line itself with a caret under the place and the suggestion, if there
   * are any.
   */
  readonly text: string;
}

/**
 * Returns a renderer for the diagnostics of one reading; `sources` are the texts of the files. Splits each file into
 * lines once, since a file may have a hundred thousand lines and a thousand errors.
 */
export function diagnosticRenderer(
  sources: ReadonlyMap<string, string>,
): (diagnostic: Diagnostic) => RenderedDiagnostic {
  const linesOf = new Map<string, readonly string[]>();
  const lineOf = ({ file, line }: Diagnostic): string | undefined => {
    if (line === 0) return undefined;
    const lines = linesOf.get(file) ?? sources.get(file)?.split("\n", MAX_LINES) ?? [];
    linesOf.set(file, lines);
    const text = lines[line - 1]?.replace(/\r$/, "");
    // Search only the beginning of a very long line for secrets; the parser ignores such a line.
    return text !== undefined && text.length > LONGEST_SHOWN ? text.slice(0, LONGEST_SHOWN) : text;
  };
  return (diagnostic) => {
    const line = lineOf(diagnostic);
    const { excerpt, hide } = hideSecret(line ?? "");
    return { log: logLine(diagnostic, hide), text: text(diagnostic, excerpt, hide) };
  };
}

type Hide = (text: string) => string;

function text(diagnostic: Diagnostic, source: string, hide: Hide): string {
  const { file, line, column, length, grade, message, object, suggestion } = diagnostic;
  const about = object === "" ? "" : `${object}: `;
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  const lines = [printable(`${place}: ${grade}: ${about}${hide(message)}`)];
  if (source !== "" && column <= source.length + 1) {
    const shown = excerptOf(source, column, length);
    lines.push(`  ${printable(shown.text)}`, `  ${shown.caret}`);
  }
  if (suggestion !== undefined) lines.push(`  did you mean '${suggestion}'?`);
  return lines.join("\n");
}

/** The part of `source` around the place, and the carets below it. */
function excerptOf(
  source: string,
  column: number,
  length: number,
): { readonly text: string; readonly caret: string } {
  const isLong = source.length > EXCERPT_UNITS;
  const latest = Math.max(0, source.length - EXCERPT_UNITS);
  const from = isLong ? Math.min(Math.max(0, column - 1 - BEFORE_PLACE_UNITS), latest) : 0;
  const to = isLong ? from + EXCERPT_UNITS : source.length;
  const before = from > 0 ? "…" : "";
  const after = to < source.length ? "…" : "";
  const indent = source.slice(from, column - 1).replace(/[^\t]/g, " ");
  const carets = Math.max(1, Math.min(length, to - column + 1));
  return {
    text: `${before}${source.slice(from, to)}${after}`,
    caret: `${before === "" ? "" : " "}${indent}${"^".repeat(carets)}`,
  };
}

function logLine({ file, line, logText }: Diagnostic, hide: Hide): string | undefined {
  if (logText === undefined) return undefined;
  const words = printable(hide(logText));
  return line === 0 ? words : `(${file}: Line ${line}) ${words}`;
}

/** Replaces control characters except tabs by dots: a configuration must not control a terminal. */
function printable(text: string): string {
  return text.replace(/[^\t\P{Cc}]/gu, ".");
}
