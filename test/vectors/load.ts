// Reads the vector files of this folder: two lines for each vector, the expected result and the frame in hexadecimal.
// Comment lines before them state their origin.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Vector {
  readonly origin: string;
  readonly expected: string;
  /** An Ethernet frame. */
  readonly frame: Uint8Array;
}

/** The vectors of test/vectors/`name`. */
export function loadVectors(name: string): Vector[] {
  const vectors: Vector[] = [];
  let origin = "";
  let expected: string | undefined;
  let comment = false;
  for (const line of readFileSync(pathOf(name), "utf8").trimEnd().split("\n")) {
    if (line.startsWith("#")) {
      origin = comment ? `${origin} ${line.slice(2)}` : line.slice(2);
      comment = true;
    } else if (expected === undefined) {
      expected = line;
      comment = false;
    } else {
      vectors.push({ origin, expected, frame: Uint8Array.from(Buffer.from(line, "hex")) });
      expected = undefined;
    }
  }
  return vectors;
}

/** Finds a file in the source tree, which contains the compiled files or is the current folder. */
function pathOf(name: string): string {
  let folder: string = import.meta.dirname;
  for (;;) {
    const path = join(folder, "test/vectors", name);
    if (existsSync(path)) return path;
    const parent = dirname(folder);
    if (parent === folder) return join("test/vectors", name);
    folder = parent;
  }
}
