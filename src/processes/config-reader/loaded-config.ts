// What a process asks to be read and gets back: which files, the configuration, and what is wrong with it.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Options } from "../../cli/options.ts";
import type { Config } from "../../config/config.ts";
import type { Diagnostic } from "../../config/diagnostic/diagnostic.ts";
import type { RenderedDiagnostic } from "../../config/diagnostic/render.ts";
import type { Log, LogLevel } from "../../lib/log.ts";
import { eachInTurns } from "../../process/in-turns.ts";

/** Where the configuration is when -f does not say: ours, then keepalived's. */
export const DEFAULT_CONFIG_FILES = [
  "/etc/holdfast/holdfast.conf",
  "/etc/keepalived/keepalived.conf",
] as const;

/** What is read, and how: plain data, so that another process can do it. */
export interface ReadRequest {
  /** The main file, as an absolute path. */
  readonly path: string;
  /** The argument of `-i`. */
  readonly configId: string | undefined;
  /** `--strict`. */
  readonly strict: boolean;
}

/** A diagnostic as it is shown. */
export interface Finding extends RenderedDiagnostic {
  readonly diagnostic: Diagnostic;
}

export interface LoadedConfig {
  /** Undefined exactly when something fatal was found. */
  readonly config: Config | undefined;
  /** The paths of the files that were read, the main one first. */
  readonly files: readonly string[];
  /** In the order in which they were found. */
  readonly findings: readonly Finding[];
}

/** What `options` ask to be read. */
export function readRequest(options: Options): ReadRequest {
  const { configId, strict } = options;
  return { path: configPath(options), configId, strict };
}

/** The file that `options` mean, as an absolute path. */
function configPath(options: Options): string {
  if (options.configFile !== undefined) return resolve(options.configFile);
  return DEFAULT_CONFIG_FILES.find((path) => existsSync(path)) ?? DEFAULT_CONFIG_FILES[1];
}

/** Logs which files were read, all of them with `detailed`. */
export function logFiles(path: string, { files }: LoadedConfig, log: Log, detailed: boolean): void {
  if (detailed) for (const file of files) log("info", `Opening file '${file}'.`);
  log("info", `Configuration file ${path}`);
}

/** What was found, without how it is shown. */
export function diagnosticsOf({ findings }: LoadedConfig): Diagnostic[] {
  return findings.map(({ diagnostic }) => diagnostic);
}

/** The diagnostics for which nothing can be started with `loaded`. */
export function startRefusals(loaded: LoadedConfig): readonly Diagnostic[] {
  return diagnosticsOf(loaded).filter(({ grade }) => grade === "fatal");
}

const LEVELS: { readonly [grade in Diagnostic["grade"]]: LogLevel } = {
  fatal: "error",
  error: "error",
  warning: "warning",
};

/** Logs every finding: in keepalived's words where it has some, then with its line and a caret. */
export async function logFindings({ findings }: LoadedConfig, log: Log): Promise<void> {
  await eachInTurns(findings, ({ diagnostic, log: words, text }) => {
    const level = LEVELS[diagnostic.grade];
    if (words !== undefined) log(level, words);
    for (const line of text.split("\n")) log(level, line);
  });
}
