// Runs a small program in a Node of its own, for what would change the test's own process.

import { type SpawnSyncReturns, spawnSync } from "node:child_process";

export interface NodeProgramOptions {
  /** Options of Node's own, such as `--expose-gc`. */
  readonly nodeOptions?: readonly string[];
  /** What the program gets as descriptors 3, 4, … */
  readonly descriptors?: readonly number[];
  /** What is put before Node's own path: `["setpriv", "--bounding-set=-all"]`. */
  readonly wrapper?: readonly string[];
}

/** The text of an import statement's target: the compiled file beside the calling one. */
export function beside(moduleUrl: string, file: string): string {
  return JSON.stringify(new URL(file, moduleUrl).href);
}

/** Runs the text of an ES module to its end, at most two minutes. */
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
