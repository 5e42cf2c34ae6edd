// A small share of `npm run soak`, always the same one.

import { test } from "node:test";
import { renderReport, soak } from "../soak/soak.ts";

test("two nodes survive some of what can happen to them", { timeout: 90_000 }, async (t) => {
  const report = await soak({
    seed: 311,
    seconds: 12,
    daemons: ["holdfast", "holdfast"],
    print: (line) => t.diagnostic(line),
  });
  for (const line of renderReport(report)) t.diagnostic(line);
});
