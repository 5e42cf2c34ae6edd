// Diagnostics as text: for people with the line and a caret, and as keepalived's log lines for tools that parse those.

import type { Diagnostic } from "./diagnostic.ts";

/**
 * `FILE:LINE:COLUMN: grade: message`, and below it the line itself with a caret under the place and the suggestion.
 * `source` is the file's text; without it only the first line comes.
 */
export function renderDiagnostic(diagnostic: Diagnostic, source: string | undefined): string {
  const { file, line, column, length, grade, message, object, suggestion } = diagnostic;
  const about = object === "" ? "" : `${object}: `;
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  const lines = [printable(`${place}: ${grade}: ${about}${message}`)];
  const text = line === 0 ? undefined : source?.split("\n", line)[line - 1]?.replace(/\r$/, "");
  if (text !== undefined && text !== "") {
    const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
    const caret = "^".repeat(Math.max(1, Math.min(length, text.length - column + 1)));
    lines.push(`  ${printable(text)}`, `  ${indent}${caret}`);
  }
  if (suggestion !== undefined) lines.push(`  did you mean '${suggestion}'?`);
  return lines.join("\n");
}

/** keepalived's log line for it: `(Line 3) Unknown keyword 'x'`, with the file's name when `severalFiles` were read. */
export function renderLogLine(diagnostic: Diagnostic, severalFiles: boolean): string {
  const { file, line, object, message } = diagnostic;
  const text = printable(diagnostic.logText ?? (object === "" ? message : `${object}: ${message}`));
  if (line === 0) return text;
  return severalFiles ? `(${file}: Line ${line}) ${text}` : `(Line ${line}) ${text}`;
}

/** `text` with control characters, except tabs, shown as dots: a configuration must not steer a terminal. */
function printable(text: string): string {
  return text.replace(/[^\t\P{Cc}]/gu, ".");
}
