// Compares a path with an open file.

import { fstatSync, lstatSync } from "node:fs";

/** True if `path` is the file that `fd` has open; false if it was removed or replaced. */
export function isSameFile(path: string, fd: number): boolean {
  try {
    const named = lstatSync(path);
    const opened = fstatSync(fd);
    return named.dev === opened.dev && named.ino === opened.ino;
  } catch {
    return false;
  }
}
