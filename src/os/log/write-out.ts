// Answers on standard output and error, to their last octet, whoever reads them or has stopped to.

import { writeSync } from "node:fs";
import { waitUntilWritable } from "./writable.ts";

export const STDOUT = 1;
export const STDERR = 2;

/** A reader that takes nothing for so long is given up. */
const PATIENCE_MILLIS = 60_000;

/**
 * Writes `text` to `fd`, waiting for a slow reader. A reader that is gone, or a full disk, costs the rest in silence:
 * there is nowhere to say so, and the status of the program must stay what it is.
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
