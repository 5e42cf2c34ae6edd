// A small share of `npm run soak`, always the same one.

import { renderReport, soak } from "../soak/soak.ts";
import { GENEROUS_LIMITS } from "../soak/stage.ts";
import { test } from "../support/timed-test.ts";

test("two nodes survive some of what can happen to them", async (t) => {
  const report = await soak({
    seed: 311,
    seconds: 12,
    daemons: ["holdfast", "holdfast"],
    limits: GENEROUS_LIMITS,
    print: (line) => t.diagnostic(line),
  });
  for (const line of renderReport(report)) t.diagnostic(line);
});
