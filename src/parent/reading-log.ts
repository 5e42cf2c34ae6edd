// What the parent logs about a reading of the configuration.

import type { Diagnostic } from "../config/diagnostic/diagnostic.ts";
import type { Log, LogLevel } from "../lib/log.ts";
import { eachInTurns } from "../process/in-turns.ts";
import type { LoadedConfig } from "../processes/config-reader/loaded-config.ts";

const LEVELS: { readonly [grade in Diagnostic["grade"]]: LogLevel } = {
  fatal: "error",
  error: "error",
  warning: "warning",
};

/** The line for a configuration that was not delivered, because of `error`. */
export function unreadableText({ message }: Error): string {
  return `The configuration cannot be read: ${message}`;
}

/** Logs the files read; only the main one unless `detailed`. */
export function logFiles(path: string, { files }: LoadedConfig, log: Log, detailed: boolean): void {
  if (detailed) for (const file of files) log("info", `Opening file '${file}'.`);
  log("info", `Configuration file ${path}`);
}

/** Logs every finding: keepalived's line if it has one, then ours with the source line and a caret. */
export async function logFindings({ findings }: LoadedConfig, log: Log): Promise<void> {
  await eachInTurns(findings, ({ diagnostic, log: words, text }) => {
    const level = LEVELS[diagnostic.grade];
    if (words !== undefined) log(level, words);
    for (const line of text.split("\n")) log(level, line);
  });
}
