// Going into the background: Node cannot fork, so the daemon is a second process that tells the first how it went.

import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { resolve } from "node:path";

/** Set in the environment of the process that is to be the daemon. */
const DETACHED = "HOLDFAST_DETACHED";

/** What the starter waits to hear. */
interface Started {
  readonly started: true;
}

/**
 * In the process that the user started: starts the daemon as a session of its own, waits until it runs or ends, and
 * sets the exit status; false. In the daemon: true.
 */
export function becomeDaemon(): boolean {
  if (process.env[DETACHED] !== undefined) {
    delete process.env[DETACHED];
    return true;
  }
  const daemon = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    env: { ...process.env, [DETACHED]: "1" },
    // Errors of the start are the user's to see: standard error stays until the daemon runs.
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

/** In the daemon: leaves the folder it was started in, so that its file system can be unmounted. */
export function leaveFolder(): void {
  // The dumps go there, and every process that the daemon starts inherits it.
  const { TMPDIR } = process.env;
  if (TMPDIR !== undefined) process.env["TMPDIR"] = resolve(TMPDIR);
  process.chdir("/");
}

/** In the daemon, once it runs: lets the user's process end with success. */
export function tellStarter(): void {
  const started: Started = { started: true };
  process.send?.(started, () => process.disconnect?.());
  // A shell at the other end of an ssh waits until nobody holds its terminal any more.
  closeSync(2);
  openSync("/dev/null", "w");
}
