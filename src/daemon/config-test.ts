// `-t`: says what is wrong with a configuration, with keepalived's exit status, and starts nothing.

import { appendFileSync } from "node:fs";
import type { Options } from "../cli/options.ts";
import { configTestExitCode } from "../config/diagnostic.ts";
import { renderDiagnostic } from "../config/render.ts";
import { loadConfig } from "./load-config.ts";

/** Tests the configuration that `options` mean; to standard error, or appended to the file of `-t`. */
export function runConfigTest(options: Options): number {
  const loaded = loadConfig(options);
  const lines = loaded.diagnostics.map((diagnostic) =>
    renderDiagnostic(diagnostic, loaded.sources.get(diagnostic.file)),
  );
  const text = lines.map((line) => `${line}\n`).join("");
  const log = options.configTest?.log;
  if (log === undefined) process.stderr.write(text);
  else appendFileSync(log, text);
  return configTestExitCode(loaded.diagnostics);
}
