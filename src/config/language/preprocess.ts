// Processes a line before it is split into words: conditions on the configuration id. Definitions and sequences are not
// implemented yet and are reported.

import type { Report } from "../diagnostic/report.ts";
import { cutStart, placeIn, type SourceLine } from "./lexer.ts";

const DEFINITION = /^\$[A-Za-z_][A-Za-z0-9_]*[ \t]*=/;
const SEQUENCE = /^~(SEQ|LST)/;
const REFERENCE = /\$\{?_(PWD|INSTANCE|RANDOM|ENV|HASH|BANG)(?![A-Za-z0-9_])/;

export interface PreprocessedLine {
  /** The line without its conditions. */
  readonly line: SourceLine;
  /** False if it is not supported (already reported). */
  readonly complete: boolean;
}

/** The line for `configId`; undefined if it is for another node. */
export function preprocessLine(
  written: SourceLine,
  configId: string,
  report: Report,
): PreprocessedLine | undefined {
  const line = applyConditions(written, configId);
  if (line === undefined) return undefined;
  const match = DEFINITION.exec(line.text) ?? SEQUENCE.exec(line.text) ?? REFERENCE.exec(line.text);
  if (match === null) return { line, complete: true };
  const what = match[0].trim();
  const place = placeIn(line, match.index, what.length);
  report("not-implemented", place, `'${what}' is not implemented yet`);
  return { line, complete: false };
}

/** `@ID rest` applies if ID is the configuration id, `@^ID rest` if it is not; conditions may be stacked. */
function applyConditions(line: SourceLine, configId: string): SourceLine | undefined {
  const { text } = line;
  const condition = /@(\^?)([^ \t]*)[ \t]+(?=.)/y;
  let end = 0;
  for (;;) {
    const match = condition.exec(text);
    if (match === null) break;
    const [, not, id] = match;
    if ((id === configId) === (not === "^")) return undefined;
    end = condition.lastIndex;
  }
  if (text.startsWith("@", end)) return undefined;
  return end === 0 ? line : cutStart(line, end);
}
