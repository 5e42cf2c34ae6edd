// The main file and what it includes, as one sequence of lines.

import type { Code, Place } from "./diagnostic.ts";
import { findMatches, hasWildcard, type ListDirectory } from "./glob.ts";
import { MAX_FILE_OCTETS, placeIn, readLines, type SourceLine, UNREADABLE } from "./lexer.ts";
import { preprocessLine } from "./preprocess.ts";
import { type Report, wholeFile } from "./report.ts";
import type { ReadFile } from "./system.ts";

const MAX_DEPTH = 16;
const MAX_FILES = 1000;

/** What the reading of files needs. */
export interface Loader {
  readonly readFile: ReadFile;
  readonly listDirectory: ListDirectory;
  readonly configId: string;
  readonly report: Report;
}

export interface Loaded {
  readonly lines: readonly SourceLine[];
  /** The text of each file that was read, by path, the main one first. */
  readonly sources: ReadonlyMap<string, string>;
  /** Whether every line means what it says; if not, the rest can't be judged. */
  readonly complete: boolean;
}

/** Reads the file at `path` and everything that it includes. */
export function loadFiles(path: string, loader: Loader): Loaded {
  const run: Run = { loader, lines: [], sources: new Map(), octets: 0, files: 0, complete: true };
  const content = loader.readFile(path);
  if (content.kind === "content") takeFile(path, content.bytes, run, 0);
  else {
    run.complete = false;
    const code = `file-${content.kind}` as const;
    loader.report(code, wholeFile(path), `can't be read: ${content.reason}`, {
      log: `Unable to find config file(s) '${path}'.`,
    });
  }
  return run;
}

interface Run {
  readonly loader: Loader;
  readonly lines: SourceLine[];
  readonly sources: Map<string, string>;
  octets: number;
  files: number;
  complete: boolean;
}

/** The letter behind `include` says what is not forgiven: r unreadable, m missing, w no match, b an alternative, a all. */
interface Include {
  readonly pattern: string;
  readonly place: Place;
  readonly strict: string;
}

function takeFile(path: string, bytes: Uint8Array, run: Run, depth: number): void {
  const { report, configId } = run.loader;
  run.files++;
  run.octets += bytes.length;
  if (run.octets > MAX_FILE_OCTETS) {
    run.complete = false;
    report("file-too-large", wholeFile(path), `more than ${MAX_FILE_OCTETS} octets`);
    return;
  }
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  run.sources.set(path, source);
  if (source !== text) {
    report("byte-order-mark", wholeFile(path), "begins with a byte order mark, which is ignored");
  }
  if (source.includes(UNREADABLE)) {
    report("not-utf8", wholeFile(path), "is not UTF-8; what can't be read shows as U+FFFD");
  }
  for (const raw of readLines(source, path, report)) {
    const found = preprocessLine(raw, configId, report);
    if (found === undefined) continue;
    if (!found.complete) run.complete = false;
    const include = includeOf(found.line);
    if (include === undefined) run.lines.push(found.line);
    else takeInclude(include, directoryOf(path), run, depth + 1);
    if (run.octets > MAX_FILE_OCTETS || run.files > MAX_FILES) return;
  }
}

function includeOf(line: SourceLine): Include | undefined {
  const match = /^include([rmwba]?)[ \t]+(.*)$/.exec(line.text);
  if (match === null) return undefined;
  const [whole, strict = "", pattern = ""] = match;
  return { pattern, place: placeIn(line, whole.length - pattern.length, pattern.length), strict };
}

function takeInclude(include: Include, directory: string, run: Run, depth: number): void {
  const { report, listDirectory, readFile } = run.loader;
  const { pattern, place, strict } = include;
  if (depth > MAX_DEPTH) {
    run.complete = false;
    report("include-too-deep", place, `files include each other deeper than ${MAX_DEPTH} times`);
    return;
  }
  const say = (forgiven: Code, kinds: string, message: string, log: string): void => {
    const code = strict !== "" && kinds.includes(strict) ? "include-failed" : forgiven;
    report(code, place, message, { log });
  };
  const { paths, missing } = findMatches(pattern, directory, listDirectory);
  const [first] = missing;
  if (first !== undefined) {
    const kinds = pattern.includes("{") ? "ba" : "mwa";
    const log = `Config files missing '${pattern}'.`;
    say("include-missing", kinds, `there is no file '${first}'`, log);
  } else if (paths.length === 0 && hasWildcard(pattern)) {
    if (strict === "w" || strict === "a") {
      const log = `No config files matched '${pattern}'.`;
      say("include-missing", "wa", `no file matches '${pattern}'`, log);
    }
  }
  for (const path of paths) {
    const content = readFile(path);
    if (content.kind !== "content" || content.executable === true) {
      const reason = content.kind === "content" ? "it is executable" : content.reason;
      const log = `Configuration file '${path}' is not a regular non-executable file - skipping`;
      say("include-unreadable", "rmwba", `'${path}' is left out: ${reason}`, log);
      continue;
    }
    if (run.files >= MAX_FILES) {
      if (run.files === MAX_FILES) {
        run.complete = false;
        run.files++;
        report("include-too-many", place, `more than ${MAX_FILES} files`);
      }
      return;
    }
    takeFile(path, content.bytes, run, depth);
  }
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : slash === 0 ? "/" : path.slice(0, slash);
}
