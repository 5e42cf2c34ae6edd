// The command line of `npm run soak -- attacks`.

import { parseArgs } from "node:util";
import { closeOnSignal } from "../close-on-signal.ts";
import { STRICT_LIMITS } from "../stage.ts";
import type { Attack } from "./attack.ts";
import { runAttacks } from "./run.ts";
import { ATTACKS } from "./table.ts";

export const ATTACKS_USAGE =
  "       npm run soak -- attacks [NAME ...] [--rounds N] [--share 0.1] [--seed N] [--list]";
const DEFAULT_ROUNDS = 440;

interface AttackArguments {
  readonly attacks: readonly Attack[];
  readonly rounds: number;
  readonly share: number;
  readonly seed: number;
  readonly list: boolean;
}

/** Runs the attacks selected by `words`. Returns the exit status: 1 if one failed, 2 for invalid arguments. */
export async function runAttackCommand(
  words: string[],
  print: (line: string) => void,
): Promise<number> {
  const parsed = parseArguments(words);
  if (typeof parsed === "string") {
    print(parsed);
    print(ATTACKS_USAGE);
    return 2;
  }
  const { attacks, rounds, share, seed } = parsed;
  if (parsed.list) {
    for (const { name, does, holds } of attacks) print(`${name}: ${does}. Must hold: ${holds}.`);
    return 0;
  }
  print(`seed ${seed}`);
  const takeLab = closeOnSignal(print, `seed ${seed}`);
  const options = { attacks, rounds, share, seed, limits: STRICT_LIMITS, print, takeLab };
  const failures = await runAttacks({ ...options, progress: (line) => print(`  ${line}`) });
  for (const { message } of failures) print(`\n${message}`);
  return failures.length === 0 ? 0 : 1;
}

/** Parses the command line; an error message if it is invalid. */
function parseArguments(words: string[]): AttackArguments | string {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        rounds: { type: "string" },
        share: { type: "string" },
        seed: { type: "string" },
        list: { type: "boolean", default: false },
      },
    });
    const unknown = positionals.find((name) => !ATTACKS.some((attack) => attack.name === name));
    if (unknown !== undefined) {
      return `unknown attack ${unknown}; known are ${ATTACKS.map(({ name }) => name).join(", ")}`;
    }
    const rounds = Number(values.rounds ?? DEFAULT_ROUNDS);
    const share = Number(values.share ?? 1);
    const seed = Number(values.seed ?? Date.now() % 1_000_000);
    if (!Number.isSafeInteger(rounds) || rounds < 1) return "--rounds takes an integer from 1";
    if (!(share > 0 && share <= 1)) return "--share takes a number above 0 and at most 1";
    if (!Number.isSafeInteger(seed)) return "--seed takes an integer";
    const attacks = ATTACKS.filter(
      ({ name }) => positionals.length === 0 || positionals.includes(name),
    );
    return { attacks, rounds, share, seed, list: values.list };
  } catch (error) {
    return (error as Error).message;
  }
}
