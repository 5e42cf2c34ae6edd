// The request for a configuration, and the result: files, configuration and findings.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Options } from "../../cli/options.ts";
import type { Config } from "../../config/config.ts";
import type { Diagnostic } from "../../config/diagnostic/diagnostic.ts";
import type { RenderedDiagnostic } from "../../config/diagnostic/render.ts";
import type { Log, LogLevel } from "../../lib/log.ts";
import { eachInTurns } from "../../process/in-turns.ts";

/** Used without -f: ours if it exists, else keepalived's. */
export const DEFAULT_CONFIG_FILES = [
  "/etc/holdfast/holdfast.conf",
  "/etc/keepalived/keepalived.conf",
] as const;

/** What to read, and how; plain data for another process. */
export interface ReadRequest {
  /** The main file, as an absolute path. */
  readonly path: string;
  /** The argument of `-i`. */
  readonly configId: string | undefined;
  /** `--strict`. */
  readonly strict: boolean;
}

/** A diagnostic with its rendered text. */
export interface Finding extends RenderedDiagnostic {
  readonly diagnostic: Diagnostic;
}

export interface LoadedConfig {
  /** Undefined if and only if a finding is fatal. */
  readonly config: Config | undefined;
  /** The paths of all files read, the main one first. */
  readonly files: readonly string[];
  /** In the order they were found. */
  readonly findings: readonly Finding[];
}

/** The request that `options` ask for. */
export function readRequest(options: Options): ReadRequest {
  const { configId, strict } = options;
  return { path: configPath(options), configId, strict };
}

function configPath(options: Options): string {
  if (options.configFile !== undefined) return resolve(options.configFile);
  return DEFAULT_CONFIG_FILES.find((path) => existsSync(path)) ?? DEFAULT_CONFIG_FILES[1];
}

/** Logs the files read; only the main one unless `detailed`. */
export function logFiles(path: string, { files }: LoadedConfig, log: Log, detailed: boolean): void {
  if (detailed) for (const file of files) log("info", `Opening file '${file}'.`);
  log("info", `Configuration file ${path}`);
}

/** The diagnostics of all findings. */
export function diagnosticsOf({ findings }: LoadedConfig): Diagnostic[] {
  return findings.map(({ diagnostic }) => diagnostic);
}

/** The diagnostics that prevent a start with `loaded`. */
export function startRefusals(loaded: LoadedConfig): readonly Diagnostic[] {
  return diagnosticsOf(loaded).filter(({ grade }) => grade === "fatal");
}

/** The log line for a configuration that was not delivered, because of `error`. */
export function unreadableText({ message }: Error): string {
  return `The configuration cannot be read: ${message}`;
}

const LEVELS: { readonly [grade in Diagnostic["grade"]]: LogLevel } = {
  fatal: "error",
  error: "error",
  warning: "warning",
};

/** Logs every finding: keepalived's line if it has one, then ours with the source line and a caret. */
export async function logFindings({ findings }: LoadedConfig, log: Log): Promise<void> {
  await eachInTurns(findings, ({ diagnostic, log: words, text }) => {
    const level = LEVELS[diagnostic.grade];
    if (words !== undefined) log(level, words);
    for (const line of text.split("\n")) log(level, line);
  });
}
