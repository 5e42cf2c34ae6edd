// From the path of the main file to a frozen configuration and everything that is wrong with it.

import type { Config } from "./config.ts";
import { type Diagnostic, strictly } from "./diagnostic.ts";
import { MAX_FILE_OCTETS, readLines, type SourceLine } from "./lexer.ts";
import { parse } from "./parser.ts";
import { preprocess } from "./preprocess.ts";
import { collectDiagnostics, type Report, wholeFile } from "./report.ts";
import { resolve } from "./resolve.ts";
import { grammar } from "./schema/lookup.ts";
import type { ReadFile, System } from "./system.ts";

export interface ReadConfigOptions {
  /** The main file. */
  readonly path: string;
  readonly readFile: ReadFile;
  readonly system: System;
  /** The argument of `-i`; undefined: the host's name up to the first dot. */
  readonly configId?: string | undefined;
  /** Every error is fatal (`--strict`); `config_strict` in the file does the same. */
  readonly strict?: boolean;
}

export interface ReadConfigResult {
  /** Frozen to the bottom; undefined exactly when something fatal is among the diagnostics. */
  readonly config: Config | undefined;
  /** In the order in which they were found. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text of each file that was read, by path, for `renderDiagnostic`. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Reads a configuration. Any content gives a result, never an exception. */
export function readConfig(options: ReadConfigOptions): ReadConfigResult {
  const { path, readFile, system } = options;
  const configId = options.configId ?? system.hostName.split(".", 1)[0] ?? "";
  const found = collectDiagnostics();
  const sources = new Map<string, string>();
  const lines = readSource(path, readFile, sources, found.report);
  let config: Config | undefined;
  if (lines !== undefined) {
    const preprocessed = preprocess(lines, configId, found.report);
    if (preprocessed.complete) {
      const tree = parse(preprocessed.lines, grammar, found.report);
      if (tree.balanced) config = resolve(tree.statements, [path], system, found.report);
    }
  }
  const strict = options.strict === true || config?.global.configStrict === true;
  const diagnostics = strict ? strictly(found.list) : [...found.list];
  const usable = config !== undefined && !diagnostics.some(({ grade }) => grade === "fatal");
  return { config: usable ? freeze(config) : undefined, diagnostics, sources };
}

function readSource(
  path: string,
  readFile: ReadFile,
  sources: Map<string, string>,
  report: Report,
): SourceLine[] | undefined {
  const content = readFile(path);
  if (content.kind !== "content") {
    const code = content.kind === "missing" ? "file-missing" : "file-unreadable";
    report(code, wholeFile(path), `can't be read: ${content.reason}`, {
      log: `Unable to find config file(s) '${path}'.`,
    });
    return undefined;
  }
  if (content.bytes.length > MAX_FILE_OCTETS) {
    report("file-too-large", wholeFile(path), `larger than ${MAX_FILE_OCTETS} octets`);
    return undefined;
  }
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(content.bytes);
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  sources.set(path, source);
  if (source !== text) {
    report("byte-order-mark", wholeFile(path), "begins with a byte order mark, which is ignored");
  }
  if (source.includes("\uFFFD")) {
    report("not-utf8", wholeFile(path), "is not UTF-8; what can't be read shows as U+FFFD");
  }
  return readLines(source, path, report);
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}
