// What happens to lines before they are cut into words: conditions on the configuration id. Definitions, sequences and
// includes are found and refused here until they are built.

import { cutStart, placeIn, type SourceLine } from "./lexer.ts";
import type { Report } from "./report.ts";

const INCLUDE = /^include[rmwba]?[ \t]/;
const DEFINITION = /^\$[A-Za-z_][A-Za-z0-9_]*[ \t]*=/;
const REFERENCE = /\$\{?_(PWD|INSTANCE|RANDOM|ENV|HASH|BANG)(?![A-Za-z0-9_])/;

export interface Preprocessed {
  readonly lines: readonly SourceLine[];
  /** Whether every line means what it says; if not, the rest can't be judged. */
  readonly complete: boolean;
}

/** The lines that count for `configId`, with conditions taken off. */
export function preprocess(
  lines: readonly SourceLine[],
  configId: string,
  report: Report,
): Preprocessed {
  const kept: SourceLine[] = [];
  let complete = true;
  for (const line of lines) {
    const chosen = applyConditions(line, configId);
    if (chosen === undefined) continue;
    if (reportUnbuilt(chosen, report)) complete = false;
    kept.push(chosen);
  }
  return { lines: kept, complete };
}

/** `@ID rest` counts when ID is the configuration id, `@^ID rest` when it isn't; they may be stacked. */
function applyConditions(line: SourceLine, configId: string): SourceLine | undefined {
  let current = line;
  for (;;) {
    const match = /^@(\^?)([^ \t]*)[ \t]+(?=.)/.exec(current.text);
    if (match === null) return current.text.startsWith("@") ? undefined : current;
    const [whole, not, id] = match;
    if ((id === configId) === (not === "^")) return undefined;
    current = cutStart(current, whole.length);
  }
}

function reportUnbuilt(line: SourceLine, report: Report): boolean {
  const match =
    INCLUDE.exec(line.text) ??
    DEFINITION.exec(line.text) ??
    /^~(SEQ|LST)/.exec(line.text) ??
    REFERENCE.exec(line.text);
  if (match === null) return false;
  const what = match[0].trim();
  report(
    "not-implemented",
    placeIn(line, match.index, what.length),
    `'${what}' is not implemented yet`,
  );
  return true;
}
