// Reading the configuration for a start, a reload or a test, and saying what is wrong with it.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Options } from "../cli/options.ts";
import { type Diagnostic, refusals } from "../config/diagnostic.ts";
import { type ReadConfigResult, readConfig } from "../config/read-config.ts";
import { diagnosticRenderer } from "../config/render.ts";
import type { Log, LogLevel } from "../lib/log.ts";
import { listConfigDirectory, readConfigFile } from "./config-files.ts";
import { systemFacts } from "./system.ts";

/** Where the configuration is when -f does not say: ours, then keepalived's. */
export const DEFAULT_CONFIG_FILES = [
  "/etc/holdfast/holdfast.conf",
  "/etc/keepalived/keepalived.conf",
] as const;

export interface LoadedConfig extends ReadConfigResult {
  /** The main file, as an absolute path. */
  readonly path: string;
}

/** The file that `options` mean, as an absolute path. */
export function configPath(options: Options): string {
  if (options.configFile !== undefined) return resolve(options.configFile);
  return DEFAULT_CONFIG_FILES.find((path) => existsSync(path)) ?? DEFAULT_CONFIG_FILES[1];
}

/**
 * Reads the configuration in the network namespace that the calling thread is in. Strict, when the command line or
 * the file says so: then every error is fatal.
 */
export function loadConfig(options: Options): LoadedConfig {
  const path = configPath(options);
  const { configId, strict } = options;
  const system = systemFacts();
  const listDirectory = listConfigDirectory;
  const readFile = readConfigFile;
  return { path, ...readConfig({ path, readFile, listDirectory, system, configId, strict }) };
}

/** Writes which files were read, all of them with `detailed`. */
export function logFiles({ path, sources }: LoadedConfig, log: Log, detailed: boolean): void {
  if (detailed) for (const file of sources.keys()) log("info", `Opening file '${file}'.`);
  log("info", `Configuration file ${path}`);
}

/** The diagnostics for which nothing can be started with `loaded`. */
export function startRefusals(loaded: LoadedConfig): readonly Diagnostic[] {
  return loaded.diagnostics.filter(({ grade }) => grade === "fatal");
}

/** The diagnostics for which a reload with `loaded` is refused, while `running` is the one in use. */
export function reloadRefusals(loaded: LoadedConfig, running: LoadedConfig): readonly Diagnostic[] {
  return refusals(loaded.diagnostics, running.diagnostics);
}

const LEVELS: { readonly [grade in Diagnostic["grade"]]: LogLevel } = {
  fatal: "error",
  error: "error",
  warning: "warning",
};

/** Writes every diagnostic: in keepalived's words where it has some, then with its line and a caret. */
export function logDiagnostics(loaded: LoadedConfig, log: Log): void {
  const render = diagnosticRenderer(loaded.sources);
  for (const diagnostic of loaded.diagnostics) {
    const level = LEVELS[diagnostic.grade];
    const shown = render(diagnostic);
    if (shown.log !== undefined) log(level, shown.log);
    for (const line of shown.text.split("\n")) log(level, line);
  }
}
