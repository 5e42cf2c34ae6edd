// Follows a daemon's log in a file on its host: the daemon never blocks and no line is lost.

import { closeSync, openSync } from "node:fs";
import { wallMillis } from "../lab/clock.ts";
import type { Host } from "../lab/host.ts";
import { LineFollower } from "../lab/line-follower.ts";
import type { OutputLine, Program } from "../lab/program.ts";

const pollMillis = 10;

/** Follows the lines of a file. */
export class LogFile {
  /** All lines so far; `at` is when each was read, up to 10 ms after it was written. */
  readonly lines: OutputLine[] = [];
  readonly #follower: LineFollower;
  #fd: number | undefined;

  /** `path` is that of an existing file, as seen from outside the host. */
  constructor(path: string, onLine: (line: OutputLine) => void) {
    this.#fd = openSync(path, "r");
    this.#follower = new LineFollower(this.#fd, pollMillis, (text) => {
      const line: OutputLine = { at: wallMillis(), stream: "stderr", text };
      this.lines.push(line);
      onLine(line);
    });
  }

  /** The last `count` lines as one string. */
  tail(count: number): string {
    if (this.#fd !== undefined) this.#follower.read();
    return this.lines
      .slice(-count)
      .map((line) => line.text)
      .join("\n");
  }

  /** Stops following the file. */
  close(): void {
    this.#follower.stop();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** Starts `argv` on `host` with its standard error in a file, and follows the file. */
export function spawnLogged(
  host: Host,
  argv: readonly string[],
  onLine: (line: OutputLine) => void,
): { readonly program: Program; readonly log: LogFile } {
  const path = "/run/bench.log";
  // Create a new file: an earlier daemon may still write to the old one.
  host.remove(path);
  host.write(path, "");
  const log = new LogFile(host.path(path), onLine);
  const program = host.spawn(["sh", "-c", `exec "$@" 2>${path}`, "sh", ...argv]);
  return { program, log };
}
