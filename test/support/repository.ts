// Where the project is, for tests that read its files: compiled tests lie elsewhere.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The directory of the project: the nearest one above the working directory or this file that has a biome.json. */
export function repositoryRoot(): string {
  for (const start of [process.cwd(), import.meta.dirname]) {
    for (let directory = start; ; directory = dirname(directory)) {
      if (existsSync(join(directory, "biome.json"))) return directory;
      if (directory === dirname(directory)) break;
    }
  }
  throw new Error("no biome.json above the working directory or the tests");
}
