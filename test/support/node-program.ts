// Runs a small program in a separate Node process, for tests that would change their own process.

import { type SpawnSyncReturns, spawnSync } from "node:child_process";

export interface NodeProgramOptions {
  /** Node's options, e.g. `--expose-gc`. */
  readonly nodeOptions?: readonly string[];
  /** Descriptors passed to the program as 3, 4, … */
  readonly descriptors?: readonly number[];
  /** Command prefix, e.g. `["setpriv", "--bounding-set=-all"]`. */
  readonly wrapper?: readonly string[];
}

/** The target of an import statement in the program's text: `file`, relative to the calling module. */
export function beside(moduleUrl: string, file: string): string {
  return JSON.stringify(new URL(file, moduleUrl).href);
}

/** Runs the text of an ES module to completion, for at most two minutes. */
export function runNodeProgram(
  text: string,
  { nodeOptions = [], descriptors = [], wrapper = [] }: NodeProgramOptions = {},
): SpawnSyncReturns<string> {
  const line = [...wrapper, process.execPath, ...nodeOptions, "--input-type=module", "-e", text];
  return spawnSync(line[0] as string, line.slice(1), {
    encoding: "utf8",
    timeout: 120_000,
    stdio: ["ignore", "pipe", "pipe", ...descriptors],
  });
}
