// Reads the vector files of this folder: two lines for each vector, what is expected and then the frame in hexadecimal;
// the comment lines before them say where they come from.

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

/** The data stays in the source tree, above the compiled files or in the folder the tests are started from. */
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
