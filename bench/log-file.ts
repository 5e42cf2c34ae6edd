// A daemon's log while it is written: in a file on its host, where no line is lost and no reader holds anybody up.

import { closeSync, openSync, readSync } from "node:fs";
import { wallMillis } from "../lab/clock.ts";
import type { Host } from "../lab/host.ts";
import type { OutputLine, Program } from "../lab/program.ts";

const lookMillis = 10;
const chunk = new Uint8Array(65_536);

/** Follows the lines of one file. */
export class LogFile {
  /** Every line so far; `at` is when it was read, up to 10 ms after it was written. */
  readonly lines: OutputLine[] = [];
  readonly #onLine: (line: OutputLine) => void;
  readonly #timer: NodeJS.Timeout;
  #fd: number | undefined;
  #offset = 0;
  #rest = "";

  /** `path` as seen from outside; the file must be there. */
  constructor(path: string, onLine: (line: OutputLine) => void) {
    this.#onLine = onLine;
    this.#fd = openSync(path, "r");
    this.#timer = setInterval(() => this.#look(), lookMillis);
  }

  #look(): void {
    for (;;) {
      const octets =
        this.#fd === undefined ? 0 : readSync(this.#fd, chunk, 0, chunk.length, this.#offset);
      if (octets === 0) return;
      this.#offset += octets;
      const at = wallMillis();
      const parts = (this.#rest + Buffer.from(chunk.subarray(0, octets)).toString("latin1")).split(
        "\n",
      );
      this.#rest = parts.pop() ?? "";
      for (const text of parts) {
        const line: OutputLine = { at, stream: "stderr", text };
        this.lines.push(line);
        this.#onLine(line);
      }
    }
  }

  /** The last `count` lines as one text. */
  tail(count: number): string {
    this.#look();
    return this.lines
      .slice(-count)
      .map((line) => line.text)
      .join("\n");
  }

  /** Reads no more. */
  close(): void {
    clearInterval(this.#timer);
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

/** Starts `argv` on `host` with its standard error in a file of the host, and follows that. */
export function spawnLogged(
  host: Host,
  argv: readonly string[],
  onLine: (line: OutputLine) => void,
): { readonly program: Program; readonly log: LogFile } {
  const path = "/run/bench.log";
  // A new file: what an earlier daemon still writes goes to its own.
  host.remove(path);
  host.write(path, "");
  const log = new LogFile(host.path(path), onLine);
  const program = host.spawn(["sh", "-c", `exec "$@" 2>${path}`, "sh", ...argv]);
  return { program, log };
}
