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

interface Wish {
  readonly attacks: readonly Attack[];
  readonly rounds: number;
  readonly share: number;
  readonly seed: number;
  readonly list: boolean;
}

/** Runs the attacks that `words` ask for. Gives the exit status: 1 when one failed, 2 for words that make no sense. */
export async function attackByCommand(
  words: string[],
  print: (line: string) => void,
): Promise<number> {
  const wish = readWish(words);
  if (typeof wish === "string") {
    print(wish);
    print(ATTACKS_USAGE);
    return 2;
  }
  const { attacks, rounds, share, seed } = wish;
  if (wish.list) {
    for (const { name, does, holds } of attacks) print(`${name}: ${does}. Must hold: ${holds}.`);
    return 0;
  }
  print(`seed ${seed}`);
  const takeLab = closeOnSignal(print, `seed ${seed}`);
  const options = { attacks, rounds, share, seed, limits: STRICT_LIMITS, print, takeLab };
  const failures = await runAttacks({ ...options, tell: (line) => print(`  ${line}`) });
  for (const { message } of failures) print(`\n${message}`);
  return failures.length === 0 ? 0 : 1;
}

/** What the words ask for, or what is wrong with them. */
function readWish(words: string[]): Wish | string {
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
      return `there is no attack ${unknown}; there are ${ATTACKS.map(({ name }) => name).join(", ")}`;
    }
    const rounds = Number(values.rounds ?? DEFAULT_ROUNDS);
    const share = Number(values.share ?? 1);
    const seed = Number(values.seed ?? Date.now() % 1_000_000);
    if (!Number.isSafeInteger(rounds) || rounds < 1) return "--rounds takes a whole number from 1";
    if (!(share > 0 && share <= 1)) return "--share takes a number above 0 and at most 1";
    if (!Number.isSafeInteger(seed)) return "--seed takes a whole number";
    const attacks = ATTACKS.filter(
      ({ name }) => positionals.length === 0 || positionals.includes(name),
    );
    return { attacks, rounds, share, seed, list: values.list };
  } catch (error) {
    return (error as Error).message;
  }
}
