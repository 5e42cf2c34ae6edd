// The long fuzz run: `node dist/test/fuzz/main.js [--seconds N] [--seed N] [--target NAME]`. The time is shared by the
// targets; exits with 1 when one of them failed, after printing the input and the seed that replays it.

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";
import { TARGETS } from "./targets.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string" },
    target: { type: "string" },
  },
});
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const seconds = Number(values.seconds);
const targets = TARGETS.filter(({ name }) => values.target === undefined || name === values.target);
if (!Number.isInteger(seed) || !(seconds > 0) || targets.length === 0) {
  const names = TARGETS.map(({ name }) => name).join(", ");
  process.stderr.write(
    `--seed takes a whole number, --seconds more than 0, --target one of ${names}\n`,
  );
  process.exit(2);
}

process.stdout.write(`fuzzing ${targets.length} targets for ${seconds} s, seed ${seed}\n`);
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
