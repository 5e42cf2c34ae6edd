// The version in package.json.

import { existsSync, readFileSync } from "node:fs";

/** The version of this holdfast. Throws a RangeError if package.json is missing. */
export function holdfastVersion(): string {
  // From dist/src/parent, or from dist/bundle.
  for (const path of ["../../../package.json", "../../package.json"]) {
    const url = new URL(path, import.meta.url);
    if (!existsSync(url)) continue;
    const { version } = JSON.parse(readFileSync(url, "utf8")) as { version?: unknown };
    if (typeof version === "string") return version;
  }
  throw new RangeError("package.json with a version is not beside the program");
}
