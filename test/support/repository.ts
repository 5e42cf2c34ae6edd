// Finds the project's folder, for tests that read its files.

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The project's folder: the nearest one with a biome.json at or above the working directory or this file. */
export function repositoryRoot(): string {
  for (const start of [process.cwd(), import.meta.dirname]) {
    for (let directory = start; ; directory = dirname(directory)) {
      if (existsSync(join(directory, "biome.json"))) return directory;
      if (directory === dirname(directory)) break;
    }
  }
  throw new Error("no biome.json above the working directory or the tests");
}
