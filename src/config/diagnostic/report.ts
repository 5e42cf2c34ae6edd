// Where diagnostics gather while a configuration is read. Bounded, so that a huge wrong file can't fill the memory.

import { type Code, type Diagnostic, gradeOf, type Place } from "./diagnostic.ts";

const MAX_DIAGNOSTICS = 1000;

/** Exceeded limits: reading ends where one of these is reported. */
const LIMITS: ReadonlySet<Code> = new Set<Code>([
  "too-many-diagnostics",
  "file-too-large",
  "include-too-deep",
  "include-too-many",
  "too-many-instances",
]);

export interface ReportDetails {
  readonly object?: string;
  /** What keepalived logs for the same thing. */
  readonly log?: string;
  /** A function is only called for what is shown: looking for near words takes a while. */
  readonly suggestion?: string | undefined | (() => string | undefined);
}

/** Adds one diagnostic; `message` says what is wrong without saying where. */
export type Report = (code: Code, place: Place, message: string, details?: ReportDetails) => void;

export interface Diagnostics {
  readonly report: Report;
  /** In order of arrival. */
  readonly list: readonly Diagnostic[];
  /** Returns the result of `read`, or undefined when a limit ended it. */
  readonly untilLimit: <T>(read: () => T) => T | undefined;
}

/** Thrown by `report` once it has added the diagnostic of a limit. */
class LimitReached extends Error {}

/** An empty collection. After a thousand it takes a last one, fatal, that says so. */
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
      else add("too-many-diagnostics", place, "too many problems; the rest is not read", {});
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

/** The place of a file as a whole. */
export function wholeFile(file: string): Place {
  return { file, line: 0, column: 1, length: 1 };
}
