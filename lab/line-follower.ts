// Follows the lines that another process appends to an open file.

import { readSync } from "node:fs";

/** Splits what is appended to a file into lines of ASCII. */
export class LineFollower {
  readonly #fd: number;
  readonly #onLine: (line: string) => void;
  readonly #buffer = Buffer.alloc(65_536);
  readonly #timer: NodeJS.Timeout;
  #offset = 0;
  #rest = "";

  /** Calls `onLine` for each complete line, at most `pollMillis` after it was written. */
  constructor(fd: number, pollMillis: number, onLine: (line: string) => void) {
    this.#fd = fd;
    this.#onLine = onLine;
    this.#timer = setInterval(() => this.read(), pollMillis);
  }

  /** Reads the lines written so far. */
  read(): void {
    for (;;) {
      const octets = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, this.#offset);
      if (octets === 0) return;
      this.#offset += octets;
      const lines = (this.#rest + this.#buffer.toString("latin1", 0, octets)).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.#onLine(line);
    }
  }

  /** Stops following; the caller closes the file. */
  stop(): void {
    clearInterval(this.#timer);
  }
}
