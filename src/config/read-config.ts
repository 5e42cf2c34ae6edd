// Reads a configuration: from the path of the main file to frozen data and diagnostics.

import { freeze } from "../lib/freeze.ts";
import { reportSizes } from "./check-sizes.ts";
import type { Config } from "./config.ts";
import { type Diagnostic, strictly } from "./diagnostic/diagnostic.ts";
import { collectDiagnostics, wholeFile } from "./diagnostic/report.ts";
import type { System } from "./keyword/system.ts";
import type { ListDirectory } from "./language/glob.ts";
import { loadFiles } from "./language/load.ts";
import { parse } from "./language/parser.ts";
import type { ReadFile } from "./language/read-file.ts";
import { REGISTRY, type Registry } from "./registry.ts";
import { resolve } from "./resolve.ts";

export interface ReadConfigOptions {
  /** The main file. */
  readonly path: string;
  readonly readFile: ReadFile;
  /** For the patterns of `include`; if undefined, they match nothing. */
  readonly listDirectory?: ListDirectory;
  readonly system: System;
  /** The argument of `-i`; undefined: the host's name up to the first dot. */
  readonly configId?: string | undefined;
  /** Every error is fatal (`--strict`); `config_strict` in the file does the same. */
  readonly strict?: boolean;
  /** The keywords and subsystems; by default holdfast's own. */
  readonly registry?: Registry;
}

export interface ReadConfigResult {
  /** Deeply frozen; undefined if and only if a diagnostic is fatal. */
  readonly config: Config | undefined;
  /** In the order of discovery. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text of each file, by path, for `diagnosticRenderer`. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Reads a configuration. Any content gives a result, never an exception. */
export function readConfig(options: ReadConfigOptions): ReadConfigResult {
  const { path, readFile, system, registry = REGISTRY } = options;
  const configId = options.configId ?? system.hostName.split(".", 1)[0] ?? "";
  const found = collectDiagnostics();
  const { report } = found;
  const listDirectory = options.listDirectory ?? (() => undefined);
  const sources = new Map<string, string>();
  const config = found.untilLimit(() => {
    const lines = loadFiles(path, { readFile, listDirectory, configId, report, sources });
    const tree =
      lines === undefined ? undefined : parse(lines, registry.vocabulary.grammar, report);
    if (tree?.balanced !== true) return undefined;
    const main = wholeFile(path);
    const resolved = resolve(tree.statements, main, registry, system, report);
    if (isUsable(found.list)) {
      reportSizes(resolved.config, main, resolved.drafts, registry, report);
    }
    return resolved.config;
  });
  const strict = options.strict === true || config?.global.configStrict === true;
  const diagnostics = strict ? strictly(found.list) : [...found.list];
  const usable = isUsable(diagnostics) ? config : undefined;
  return { config: freeze(usable), diagnostics, sources };
}

function isUsable(diagnostics: readonly Diagnostic[]): boolean {
  return !diagnostics.some(({ grade }) => grade === "fatal");
}
