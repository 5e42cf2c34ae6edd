// A folder for the files of one test file.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** Makes an empty folder with `name` in its own, which goes when all tests of the file have ended; gives its path. */
export function temporaryFolder(name: string): string {
  const path = mkdtempSync(join(tmpdir(), `hf-${process.pid}-${name}-`));
  after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
