// A short, fixed part of `npm run soak` and of its attacks.

import assert from "node:assert/strict";
import { runAttacks } from "../soak/attacks/run.ts";
import { ATTACKS } from "../soak/attacks/table.ts";
import { renderReport, soak } from "../soak/soak.ts";
import { GENEROUS_LIMITS } from "../soak/stage.ts";
import { test } from "../support/timed-test.ts";

test("two nodes survive a short series of faults", async (t) => {
  const report = await soak({
    seed: 311,
    seconds: 12,
    daemons: ["holdfast", "holdfast"],
    limits: GENEROUS_LIMITS,
    print: (line) => t.diagnostic(line),
  });
  for (const line of renderReport(report)) t.diagnostic(line);
});

test("two nodes survive a short form of every attack", async (t) => {
  const failures = await runAttacks({
    attacks: ATTACKS,
    seed: 311,
    share: 0.05,
    rounds: 1,
    limits: GENEROUS_LIMITS,
    print: (line) => t.diagnostic(line),
    progress: (line) => t.diagnostic(line),
  });
  assert.deepEqual(failures, []);
});
