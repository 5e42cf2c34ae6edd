// The difference of two configurations at once, for tests.

import type { Config } from "../../src/config/config.ts";
import { type ConfigDifference, diffParts } from "../../src/config/difference/diff.ts";
import type { Registry } from "../../src/config/registry.ts";

/** The differences of `after` from `before`. */
export function diffConfigs(before: Config, after: Config, registry?: Registry): ConfigDifference {
  const parts = diffParts(before, after, registry);
  for (;;) {
    const part = parts.next();
    if (part.done === true) return part.value;
  }
}
