// Collects diagnostics while a configuration is read. Their number is limited, to limit memory.

import { type Code, type Diagnostic, gradeOf, type Place } from "./diagnostic.ts";

const MAX_DIAGNOSTICS = 1000;

/** Exceeded limits: reporting one of these ends the reading. */
const LIMITS: ReadonlySet<Code> = new Set<Code>([
  "too-many-diagnostics",
  "file-too-large",
  "include-too-deep",
  "include-too-many",
  "too-many-instances",
  "config-too-large",
]);

export interface ReportDetails {
  readonly object?: string;
  /** keepalived's log line for the same problem. */
  readonly log?: string;
  /** A function is called only if the diagnostic is kept, since the search for similar words is slow. */
  readonly suggestion?: string | undefined | (() => string | undefined);
}

/** Adds a diagnostic; `message` describes the problem without its place. */
export type Report = (code: Code, place: Place, message: string, details?: ReportDetails) => void;

export interface Diagnostics {
  readonly report: Report;
  /** In order of arrival. */
  readonly list: readonly Diagnostic[];
  /** Returns the result of `read`; undefined if a limit ended it. */
  readonly untilLimit: <T>(read: () => T) => T | undefined;
}

/** Thrown by `report` after it has added the diagnostic of a limit. */
class LimitReached extends Error {}

/** An empty collection. After a thousand diagnostics it adds a last, fatal one and ends the reading. */
export function collectDiagnostics(): Diagnostics {
  const list: Diagnostic[] = [];
  const add = (code: Code, place: Place, message: string, details: ReportDetails): void => {
    list.push({
      file: place.file,
      line: place.line,
      column: place.column,
      length: place.length,
      grade: gradeOf(code),
      code,
      object: details.object ?? "",
      message,
      suggestion:
        typeof details.suggestion === "function" ? details.suggestion() : details.suggestion,
      logText: details.log,
    });
  };
  return {
    list,
    report: (code, place, message, details = {}) => {
      if (list.length < MAX_DIAGNOSTICS) add(code, place, message, details);
      else
        add(
          "too-many-diagnostics",
          place,
          `more than ${MAX_DIAGNOSTICS} problems; the rest of the file is not checked`,
          {},
        );
      if (LIMITS.has(list[list.length - 1]?.code ?? code)) throw new LimitReached();
    },
    untilLimit: (read) => {
      try {
        return read();
      } catch (error) {
        if (error instanceof LimitReached) return undefined;
        throw error;
      }
    },
  };
}

/** `report` with `object` filled in. */
export function reportFor(report: Report, object: string): Report {
  return (code, place, message, details) => report(code, place, message, { object, ...details });
}

/** The place of a whole file. */
export function wholeFile(file: string): Place {
  return { file, line: 0, column: 1, length: 1 };
}
