// Runs attacks one after the other on one pair and checks the pair after each.

import { wallMillis } from "../../../lab/clock.ts";
import type { Lab } from "../../../lab/lab.ts";
import { prng } from "../../../src/lib/prng.ts";
import { describeFailure } from "../evidence.ts";
import { INTERFACE } from "../node.ts";
import { type SoakLimits, Stage } from "../stage.ts";
import type { Attack, AttackContext } from "./attack.ts";
import { findGrown, renderFootprints, takeFootprints } from "./footprints.ts";

export interface AttackOptions {
  readonly attacks: readonly Attack[];
  readonly seed: number;
  readonly share: number;
  readonly rounds: number;
  readonly limits: SoakLimits;
  /** One line for each attack. */
  readonly print: (line: string) => void;
  /** Steps within an attack. */
  readonly progress: (line: string) => void;
  /** Receives each lab as soon as it exists, so that a signal can close it. */
  readonly takeLab?: (lab: Lab) => void;
}

/** Runs all attacks, even if one fails. Returns the failures. */
export async function runAttacks(options: AttackOptions): Promise<Error[]> {
  const failures: Error[] = [];
  let context: AttackContext | undefined;
  try {
    for (const attack of options.attacks) {
      try {
        context ??= await openContext(options);
        options.print(`${attack.name}: held; ${await runAttack(attack, context)}`);
      } catch (error) {
        const reason = error as Error;
        options.print(`${attack.name}: FAILED; ${reason.message.split("\n")[0]}`);
        failures.push(
          new Error(`${attack.name}: ${describeFailure(reason, options.seed, [], context?.stage)}`),
        );
        // Start the next attack with a new pair.
        await context?.stage.lab.close();
        context = undefined;
      }
    }
    await context?.stage.stop();
  } finally {
    await context?.stage.lab.close();
  }
  return failures;
}

async function openContext(options: AttackOptions): Promise<AttackContext> {
  const { seed, share, rounds, limits, progress } = options;
  let lab: Lab | undefined;
  try {
    const stage = await Stage.open(["holdfast", "holdfast"], limits, (made) => {
      lab = made;
      options.takeLab?.(made);
    });
    const attacker = await stage.lab.addHost("attacker");
    await attacker.connect(stage.network, { interface: INTERFACE, address: "192.0.2.66/24" });
    await stage.settle();
    return { stage, attacker, seed, random: prng(seed), share, rounds, progress };
  } catch (error) {
    await lab?.close();
    throw error;
  }
}

/** Runs one attack and checks the pair afterwards. Describes what was measured. */
async function runAttack({ run }: Attack, context: AttackContext): Promise<string> {
  const { stage } = context;
  stage.startRound();
  stage.clearHandOvers();
  const before = takeFootprints(stage);
  const begin = wallMillis();
  const measured = await run(context);
  await stage.waitForProcesses();
  await stage.settle();
  await stage.check();
  const after = takeFootprints(stage);
  const grown = findGrown(before, after);
  if (grown.length > 0) throw new Error(grown.join("\n"));
  const { handOvers, longestHandOverMillis } = stage;
  return [
    measured,
    `held by both at ${handOvers} handovers, for ${longestHandOverMillis.toFixed(1)} ms at most`,
    renderFootprints(before, after),
    `${((wallMillis() - begin) / 1_000).toFixed(1)} s`,
  ].join("; ");
}
