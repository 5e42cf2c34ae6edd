// Whether a name still leads to the file that one has open.

import { fstatSync, lstatSync } from "node:fs";

/** Whether `path` leads to the file behind the descriptor `fd`; false when nothing is there any more. */
export function isSameFile(path: string, fd: number): boolean {
  try {
    const there = lstatSync(path);
    const here = fstatSync(fd);
    return there.dev === here.dev && there.ino === here.ino;
  } catch {
    return false;
  }
}
