// Runs attacks one after the other on one pair, and says of each whether what it must not break held.

import { wallMillis } from "../../../lab/clock.ts";
import type { Lab } from "../../../lab/lab.ts";
import { prng } from "../../../src/lib/prng.ts";
import { describeFailure } from "../evidence.ts";
import { INTERFACE } from "../node.ts";
import { type SoakLimits, Stage } from "../stage.ts";
import type { Attack, Field } from "./attack.ts";
import { findGrown, renderFootprints, takeFootprints } from "./footprints.ts";

export interface AttackOptions {
  readonly attacks: readonly Attack[];
  readonly seed: number;
  readonly share: number;
  readonly rounds: number;
  readonly limits: SoakLimits;
  /** One line for each attack. */
  readonly print: (line: string) => void;
  /** Steps on the way. */
  readonly tell: (line: string) => void;
  /** Told of every lab at once, so that a signal can close it. */
  readonly takeLab?: (lab: Lab) => void;
}

/** Runs all attacks, also behind one that failed. Gives the failures. */
export async function runAttacks(options: AttackOptions): Promise<Error[]> {
  const failures: Error[] = [];
  let field: Field | undefined;
  try {
    for (const attack of options.attacks) {
      try {
        field ??= await openField(options);
        options.print(`${attack.name}: held; ${await runAttack(attack, field)}`);
      } catch (error) {
        const reason = error as Error;
        options.print(`${attack.name}: FAILED; ${reason.message.split("\n")[0]}`);
        failures.push(
          new Error(`${attack.name}: ${describeFailure(reason, options.seed, [], field?.stage)}`),
        );
        // The next attack must not meet what this one left.
        await field?.stage.lab.close();
        field = undefined;
      }
    }
    await field?.stage.end();
  } finally {
    await field?.stage.lab.close();
  }
  return failures;
}

async function openField(options: AttackOptions): Promise<Field> {
  const { seed, share, rounds, limits, tell } = options;
  let lab: Lab | undefined;
  try {
    const stage = await Stage.open(["holdfast", "holdfast"], limits, (made) => {
      lab = made;
      options.takeLab?.(made);
    });
    const attacker = await stage.lab.addHost("attacker");
    await attacker.connect(stage.network, { interface: INTERFACE, address: "192.0.2.66/24" });
    await stage.settle();
    return { stage, attacker, seed, random: prng(seed), share, rounds, tell };
  } catch (error) {
    await lab?.close();
    throw error;
  }
}

/** Runs one attack and judges the pair afterwards. Gives what was measured. */
async function runAttack({ run }: Attack, field: Field): Promise<string> {
  const { stage } = field;
  stage.turnPage();
  stage.forgetHandOvers();
  const before = takeFootprints(stage);
  const begin = wallMillis();
  const measured = await run(field);
  await stage.waitUntilWhole();
  await stage.settle();
  await stage.judge();
  const after = takeFootprints(stage);
  const grown = findGrown(before, after);
  if (grown.length > 0) throw new Error(grown.join("\n"));
  const { handOvers, longestHandOverMillis } = stage;
  return [
    measured,
    `held twice at ${handOvers} hand-overs, for ${longestHandOverMillis.toFixed(1)} ms at most`,
    renderFootprints(before, after),
    `${((wallMillis() - begin) / 1_000).toFixed(1)} s`,
  ].join("; ");
}
