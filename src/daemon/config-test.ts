// `-t`: says what is wrong with a configuration, with keepalived's exit status, and starts nothing.

import { appendFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import type { Options } from "../cli/options.ts";
import { configTestExitCode } from "../config/diagnostic.ts";
import { diagnosticRenderer } from "../config/render.ts";
import { loadConfig } from "./load-config.ts";

/** Tests the configuration that `options` mean; to standard error, or appended to the file of `-t`. */
export function runConfigTest(options: Options): number {
  // A file of many megabytes makes much garbage, and this process has nothing else to do: V8's own way is quicker.
  setFlagsFromString("--semi-space-growth-factor=2");
  const loaded = loadConfig(options);
  const render = diagnosticRenderer(loaded.sources);
  const lines = loaded.diagnostics.flatMap((diagnostic) => {
    const { log, text } = render(diagnostic);
    return log === undefined ? [text] : [log, text];
  });
  const text = lines.map((line) => `${line}\n`).join("");
  const log = options.configTest?.log;
  if (log === undefined) process.stderr.write(text);
  else appendFileSync(log, text);
  return configTestExitCode(loaded.diagnostics);
}
