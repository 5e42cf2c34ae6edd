// The difference of two configurations at once, for tests.

import type { Config } from "../../src/config/config.ts";
import { type ConfigDifference, diffSteps } from "../../src/config/difference/diff.ts";
import type { Registry } from "../../src/config/registry.ts";

/** The differences of `after` from `before`. */
export function diffConfigs(before: Config, after: Config, registry?: Registry): ConfigDifference {
  const steps = diffSteps(before, after, registry);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
