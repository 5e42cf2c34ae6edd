// Writes the output of commands completely to standard output or error.

import { writeSync } from "node:fs";
import { waitUntilWritable } from "./writable.ts";

export const STDOUT = 1;
export const STDERR = 2;

/** Give up if the reader accepts nothing for this time. */
const PATIENCE_MILLIS = 60_000;

/**
 * Writes `text` to `fd`, waiting for a slow reader. If the reader is gone or the disk is full, the rest is dropped
 * silently: there is nowhere to report it, and the exit status must not change.
 */
export function writeOut(fd: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return;
      if (!waitUntilWritable(fd, PATIENCE_MILLIS)) return;
    }
  }
}
