// The long simulation: `[SEED=N] [SEEDS=N] node dist/test/sim/main.js [SEEDS [SEED]]`. Exits with 1 when a rule was
// broken, after printing the plan of that seed and what happened.

import { randomInt } from "node:crypto";
import { runSeeds } from "./run-seeds.ts";

const { env, argv } = process;
const count = Number(argv[2] ?? env["SEEDS"] ?? 10_000);
const first = Number(argv[3] ?? env["SEED"] ?? randomInt(2 ** 31));
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(first) || first < 0) {
  process.stderr.write("SEEDS is a whole number from 1, SEED one from 0\n");
  process.exit(2);
}
process.stdout.write(`simulating ${count} seeds from ${first}\n`);
const start = performance.now();
const { failed, text, takeoversChecked, simulatedSeconds } = runSeeds(first, count);
const seconds = (performance.now() - start) / 1000;
process.stdout.write(
  `${count - failed} of ${count} seeds passed, ${Math.round(count / seconds)} a second; ` +
    `${Math.round(simulatedSeconds / 3600)} hours lived through, ` +
    `${takeoversChecked} takeovers from a silent peer checked\n`,
);
if (failed > 0) process.stdout.write(`${text}\n`);
process.exitCode = failed > 0 ? 1 : 0;
