// @ts-check
// Runs a program, forwards signals to it, and returns how it ended.

import { spawn } from "node:child_process";

const passedSignals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]);

/**
 * How a program ended. `forwarded` is the last signal that this process received meanwhile; `output` is empty unless
 * quiet.
 * @typedef {{
 *   code: number | null,
 *   signal: NodeJS.Signals | null,
 *   forwarded: NodeJS.Signals | undefined,
 *   output: string,
 * }} End
 */

/**
 * Runs a program to its end and forwards signals to it.
 * @param {readonly string[]} argv
 * @param {{ quiet?: boolean, env?: NodeJS.ProcessEnv, cwd?: string }} [options] quiet: return its output instead of printing it
 * @returns {Promise<End>}
 */
export function runProgram([command = "false", ...words], { quiet = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = quiet ? ["ignore", "pipe", "pipe"] : "inherit";
    const child = spawn(command, words, {
      ...options,
      stdio: /** @type {import("node:child_process").StdioOptions} */ (stdio),
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => {
        output += String(chunk);
      });
    }
    /** @type {NodeJS.Signals | undefined} */
    let forwarded;
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      forwarded = signal;
      child.kill(signal);
    };
    for (const signal of passedSignals) process.on(signal, forward);
    const release = () => {
      for (const signal of passedSignals) process.removeListener(signal, forward);
    };
    child.once("error", (error) => {
      release();
      reject(error);
    });
    child.once("close", (code, signal) => {
      release();
      resolve({ code, signal, forwarded, output: output.trim() });
    });
  });
}

/**
 * Ends this process with the same status or signal as the program.
 * @param {End} end
 */
export function endAs(end) {
  if (end.signal !== null) process.kill(process.pid, end.signal);
  else process.exit(end.code ?? 1);
}
