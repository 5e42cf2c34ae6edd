// @ts-check
// Runs a program with signals passed on to it and its end passed back.

import { spawn } from "node:child_process";

const passedSignals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]);

/**
 * How a program ended. `asked` is the last signal that came here meanwhile; `output` is empty unless quiet.
 * @typedef {{
 *   code: number | null,
 *   signal: NodeJS.Signals | null,
 *   asked: NodeJS.Signals | undefined,
 *   output: string,
 * }} End
 */

/**
 * Runs a program to its end. Signals that come here go to it too.
 * @param {readonly string[]} argv
 * @param {{ quiet?: boolean, env?: NodeJS.ProcessEnv, cwd?: string }} [options] quiet: keep its output for the caller
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
    let asked;
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => {
      asked = signal;
      child.kill(signal);
    };
    for (const signal of passedSignals) process.on(signal, pass);
    const release = () => {
      for (const signal of passedSignals) process.removeListener(signal, pass);
    };
    child.once("error", (error) => {
      release();
      reject(error);
    });
    child.once("close", (code, signal) => {
      release();
      resolve({ code, signal, asked, output: output.trim() });
    });
  });
}

/**
 * Ends this process as the program it ran has ended.
 * @param {End} end
 */
export function endAs(end) {
  if (end.signal !== null) process.kill(process.pid, end.signal);
  else process.exit(end.code ?? 1);
}
