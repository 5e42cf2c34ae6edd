// The version in package.json, found beside the compiled program.

import { existsSync, readFileSync } from "node:fs";

/** The version of this holdfast; a RangeError when its package.json is not there. */
export function holdfastVersion(): string {
  // dist/src/parent in a clone and in the installed package alike.
  for (const path of ["../../../package.json", "../../package.json"]) {
    const url = new URL(path, import.meta.url);
    if (!existsSync(url)) continue;
    const { version } = JSON.parse(readFileSync(url, "utf8")) as { version?: unknown };
    if (typeof version === "string") return version;
  }
  throw new RangeError("package.json with a version is not beside the program");
}
