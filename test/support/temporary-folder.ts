// Creates a temporary folder for a test file.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** Creates an empty folder whose name contains `name`; returns its path. Removed after all tests of the file. */
export function temporaryFolder(name: string): string {
  const path = mkdtempSync(join(tmpdir(), `hf-${process.pid}-${name}-`));
  after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
