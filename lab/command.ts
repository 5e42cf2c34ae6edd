// Runs short commands to completion: ip, nft and the like.

import { spawn } from "node:child_process";
import { labEnvironment } from "./anchor.ts";
import { longTimeoutMillis } from "./clock.ts";
import type { ExitStatus } from "./program.ts";

export interface RunOptions {
  readonly input?: string;
  /** The command is killed after this time; default a minute. */
  readonly timeoutMillis?: number;
  /** Resolve instead of throwing if the command fails. */
  readonly mayFail?: boolean;
}

export interface RunResult extends ExitStatus {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `argv` to completion. Throws an Error with its output if it fails, unless `mayFail`. */
export function runCommand(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [command = "false", ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, rest, {
      env: labEnvironment(),
      stdio: ["pipe", "pipe", "pipe"],
      timeout: options.timeoutMillis ?? longTimeoutMillis,
      killSignal: "SIGKILL",
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      stderr += String(chunk);
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
    child.once("error", reject);
    child.once("exit", (_, signal) => {
      // A descendant of the killed command may keep its output open.
      if (signal === "SIGKILL") for (const stream of [child.stdout, child.stderr]) stream.destroy();
    });
    child.once("close", (code, signal) => {
      if (code === 0 || options.mayFail === true) resolve({ code, signal, stdout, stderr });
      else
        reject(new Error(`${argv.join(" ")}: ${signal ?? `status ${code}`}: ${stderr || stdout}`));
    });
  });
}
