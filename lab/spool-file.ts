// Passes a program's output through an unlinked file: unlike with a pipe, the writer never blocks and no line is lost.

import { closeSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const POLL_MILLIS = 5;

/** A file that another process writes and this one follows. Deleted when its last descriptor is closed. */
export class SpoolFile {
  /** The descriptor to pass to the writer. */
  readonly fd: number;
  readonly #buffer = Buffer.alloc(65_536);
  #timer: NodeJS.Timeout | undefined;
  #offset = 0;
  #rest = "";

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), "holdfast-spool-"));
    try {
      this.fd = openSync(join(folder, "spool"), "a+", 0o600);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** Calls `onLine` for each ASCII line, within milliseconds of its being written. */
  follow(onLine: (line: string) => void): void {
    this.#timer = setInterval(() => this.#readLines(onLine), POLL_MILLIS);
  }

  #readLines(onLine: (line: string) => void): void {
    for (;;) {
      const octets = readSync(this.fd, this.#buffer, 0, this.#buffer.length, this.#offset);
      if (octets === 0) return;
      this.#offset += octets;
      const text = this.#rest + this.#buffer.toString("latin1", 0, octets);
      const lines = text.split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    closeSync(this.fd);
  }
}
