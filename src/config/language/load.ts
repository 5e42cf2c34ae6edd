// Loads the main file and all included files as one sequence of lines.

import { isFileName } from "../../lib/file-name.ts";
import type { Code, Place } from "../diagnostic/diagnostic.ts";
import { type Report, wholeFile } from "../diagnostic/report.ts";
import { findMatches, hasWildcard, type ListDirectory } from "./glob.ts";
import {
  countLines,
  MAX_FILE_OCTETS,
  MAX_LINES,
  placeIn,
  readLines,
  type SourceLine,
  UNREADABLE,
} from "./lexer.ts";
import { preprocessLine } from "./preprocess.ts";
import type { FileContent, ReadFile } from "./read-file.ts";

const MAX_DEPTH = 16;
const MAX_FILES = 1000;
/** The maximum number of directory listings for the patterns of `include`. */
const MAX_LISTINGS = 10_000;
/** The reason to refuse a path that is not `isFileName`. */
const BAD_NAME = "its name contains a new line";

/** The environment of the loader. */
export interface Loader {
  readonly readFile: ReadFile;
  readonly listDirectory: ListDirectory;
  readonly configId: string;
  readonly report: Report;
  /** Gets the text of each file, by path, the main one first. */
  readonly sources: Map<string, string>;
}

/**
 * The lines of the file at `path` and of all files that it includes; undefined if some could not be read correctly, so
 * that the rest cannot be checked.
 */
export function loadFiles(path: string, loader: Loader): SourceLine[] | undefined {
  const run: Run = {
    loader,
    lines: [],
    octets: 0,
    files: 0,
    linesLeft: MAX_LINES,
    listingsLeft: MAX_LISTINGS,
    complete: true,
  };
  if (!isFileName(path)) {
    loader.report("file-name", wholeFile(path), `it cannot be used: ${BAD_NAME}`);
    return undefined;
  }
  const content = readWhole(path, run);
  if (content === undefined) return undefined;
  if (content.kind === "content") {
    takeFile(path, content.bytes, run, 0);
    return run.complete ? run.lines : undefined;
  }
  loader.report(`file-${content.kind}`, wholeFile(path), `cannot be read: ${content.reason}`, {
    log: `Unable to find config file(s) '${path}'.`,
  });
  return undefined;
}

type Content = Exclude<FileContent, { readonly kind: "too-large" }>;

interface Run {
  readonly loader: Loader;
  readonly lines: SourceLine[];
  octets: number;
  files: number;
  linesLeft: number;
  listingsLeft: number;
  complete: boolean;
}

/** `strict` is the letter after `include`, which makes errors fatal: r unreadable, m missing, w no match, b an alternative, a all. */
interface Include {
  readonly pattern: string;
  readonly place: Place;
  readonly strict: string;
}

/** Reads the file at `path`; undefined if it is too large (already reported). */
function readWhole(path: string, run: Run): Content | undefined {
  const { readFile, report } = run.loader;
  const content = readFile(path, MAX_FILE_OCTETS - run.octets);
  if (content.kind === "content") run.octets += content.bytes.length;
  if (content.kind !== "too-large" && run.octets <= MAX_FILE_OCTETS) return content;
  report(
    "file-too-large",
    wholeFile(path),
    `there are more than ${MAX_FILE_OCTETS} octets in all files`,
  );
  return undefined;
}

function takeFile(path: string, bytes: Uint8Array, run: Run, depth: number): void {
  const { report, configId, sources } = run.loader;
  run.files++;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  sources.set(path, source);
  run.linesLeft -= countLines(source, run.linesLeft + 1);
  if (run.linesLeft < 0) {
    report(
      "file-too-large",
      wholeFile(path),
      `there are more than ${MAX_LINES} lines in all files`,
    );
    return;
  }
  if (source !== text) {
    report(
      "byte-order-mark",
      wholeFile(path),
      "the file begins with a byte order mark, which is ignored",
    );
  }
  if (source.includes(UNREADABLE)) {
    report(
      "not-utf8",
      wholeFile(path),
      "the file is not UTF-8; invalid octets are shown as U+FFFD",
    );
  }
  for (const raw of readLines(source, path, report)) {
    const found = preprocessLine(raw, configId, report);
    if (found === undefined) continue;
    if (!found.complete) run.complete = false;
    const include = includeOf(found.line);
    if (include === undefined) run.lines.push(found.line);
    else takeInclude(include, directoryOf(path), run, depth + 1);
  }
}

function includeOf(line: SourceLine): Include | undefined {
  const match = /^include([rmwba]?)[ \t]+(.*)$/.exec(line.text);
  if (match === null) return undefined;
  const [whole, strict = "", pattern = ""] = match;
  return { pattern, place: placeIn(line, whole.length - pattern.length, pattern.length), strict };
}

function takeInclude(include: Include, directory: string, run: Run, depth: number): void {
  const { report, listDirectory } = run.loader;
  const { pattern, place, strict } = include;
  if (depth > MAX_DEPTH) {
    report(
      "include-too-deep",
      place,
      `includes are nested more than ${MAX_DEPTH} deep; does a file include itself?`,
    );
    return;
  }
  const reportProblem = (lenient: Code, kinds: string, message: string, log: string): void => {
    const code = strict !== "" && kinds.includes(strict) ? "include-failed" : lenient;
    report(code, place, message, { log });
  };
  const list: ListDirectory = (path) => {
    if (--run.listingsLeft < 0) {
      report(
        "include-too-many",
        place,
        `the patterns of includes match more than ${MAX_LISTINGS} folders`,
      );
    }
    return listDirectory(path);
  };
  const { paths, missing } = findMatches(pattern, directory, list);
  const [first] = missing;
  if (first !== undefined) {
    const kinds = pattern.includes("{") ? "ba" : "mwa";
    const log = `Config files missing '${pattern}'.`;
    reportProblem("include-missing", kinds, `there is no file '${first}'`, log);
  } else if (paths.length === 0 && hasWildcard(pattern)) {
    if (strict === "w" || strict === "a") {
      const log = `No config files matched '${pattern}'.`;
      reportProblem("include-missing", "wa", `no file matches '${pattern}'`, log);
    }
  }
  for (const path of paths) {
    if (run.files >= MAX_FILES) {
      report("include-too-many", place, `there are more than ${MAX_FILES} files`);
      return;
    }
    if (!isFileName(path)) {
      report("file-name", place, `'${path}' cannot be used: ${BAD_NAME}`);
      continue;
    }
    const content = readWhole(path, run);
    if (content === undefined) return;
    if (content.kind !== "content" || content.executable === true) {
      const reason = content.kind === "content" ? "it is executable" : content.reason;
      const log = `Configuration file '${path}' is not a regular non-executable file - skipping`;
      reportProblem("include-unreadable", "rmwba", `'${path}' is skipped: ${reason}`, log);
      continue;
    }
    takeFile(path, content.bytes, run, depth);
  }
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash);
}
