// Goes into the background. Node cannot fork, so the daemon is a second process that reports its start to the first.

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { resolve } from "node:path";

/** Set in the daemon's environment. */
const DETACHED = "HOLDFAST_DETACHED";

/** From the daemon to the process that the user started. */
interface Started {
  readonly started: true;
}

/**
 * In the process that the user started: starts the daemon in its own session, waits until it runs or ends, sets the
 * exit status, and returns false. In the daemon: returns true.
 */
export function becomeDaemon(): boolean {
  if (process.env[DETACHED] !== undefined) {
    delete process.env[DETACHED];
    return true;
  }
  const daemon = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    env: { ...process.env, [DETACHED]: "1" },
    // The user sees errors of the start: standard error stays open until the daemon runs.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  daemon.once("message", (message: Started) => {
    if (message.started !== true) return;
    daemon.unref();
    daemon.disconnect();
    process.exitCode = 0;
  });
  daemon.once("exit", (status) => {
    process.exitCode = status ?? 1;
  });
  daemon.once("error", (error) => {
    process.stderr.write(`Cannot start the daemon: ${error.message}\n`);
    process.exitCode = 1;
  });
  return false;
}

/** In the daemon: leaves its current folder, so that the file system can be unmounted. */
export function leaveFolder(): void {
  // Dumps go to TMPDIR, and all processes of the daemon inherit it.
  const { TMPDIR } = process.env;
  if (TMPDIR !== undefined) process.env["TMPDIR"] = resolve(TMPDIR);
  process.chdir("/");
}

/** In the daemon, once it runs: lets the user's process exit with success. */
export function releaseStarter(): void {
  const started: Started = { started: true };
  process.send?.(started, () => process.disconnect?.());
  // An ssh session ends only when no process has its terminal open.
  closeSync(2);
  openSync("/dev/null", "w");
}
