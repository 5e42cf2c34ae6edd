// The long simulation: `[SEED=N] [SEEDS=N] node dist/test/sim/main.js [SEEDS [SEED]]`. Exits with 1 if a rule was
// violated, after printing the plan and the history of that seed.

import { randomInt } from "node:crypto";
import { simulateAndReport } from "./run-seeds.ts";

const { env, argv } = process;
const count = Number(argv[2] ?? env["SEEDS"] ?? 10_000);
const first = Number(argv[3] ?? env["SEED"] ?? randomInt(2 ** 31));
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(first) || first < 0) {
  process.stderr.write("SEEDS is a whole number from 1, SEED one from 0\n");
  process.exit(2);
}
const isGood = await simulateAndReport(first, count, (text) => process.stdout.write(text));
process.exitCode = isGood ? 0 : 1;
