// The long fuzz run: `node dist/test/fuzz/main.js [--seconds N] [--seed N] [--seeds N] [--target NAME]`. The targets
// share the time; then the simulation (target "simulation") runs with the given number of seeds. Prints failing inputs
// and the seed that replays them, and exits with 1 if there are any. SEED and SEEDS can be set in the environment.

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { simulateAndReport } from "../sim/run-seeds.ts";
import { fuzz } from "./fuzz.ts";
import { TARGETS } from "./targets.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string" },
    seeds: { type: "string" },
    target: { type: "string" },
  },
});
const { env } = process;
const seed = Number(values.seed ?? env["SEED"] ?? randomInt(2 ** 31));
const seeds = Number(values.seeds ?? env["SEEDS"] ?? 10_000);
const seconds = Number(values.seconds);
const targets = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
const simulates = values.target === undefined || values.target === "simulation";
const isKnown = simulates || targets.length > 0;
if (!Number.isInteger(seed) || !Number.isInteger(seeds) || !(seconds > 0) || !isKnown) {
  const names = [...TARGETS.map(({ name }) => name), "simulation"].join(", ");
  process.stderr.write(
    `--seed and --seeds take integers, --seconds a number above 0, --target one of ${names}\n`,
  );
  process.exit(2);
}

if (targets.length > 0) {
  process.stdout.write(`fuzzing ${targets.length} targets for ${seconds} s, seed ${seed}\n`);
}
for (const target of targets) {
  try {
    const inputs = fuzz(target, { seed, milliseconds: (seconds * 1000) / targets.length });
    process.stdout.write(`${target.name}: ${inputs} inputs\n`);
  } catch (error) {
    process.exitCode = 1;
    process.stdout.write(
      `${target.name}: FAILED\n${error instanceof Error ? error.message : error}\n`,
    );
  }
}
if (simulates && !(await simulateAndReport(seed, seeds, (text) => process.stdout.write(text)))) {
  process.exitCode = 1;
}
