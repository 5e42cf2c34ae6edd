// One round of a soak: injects a random fault into a random node, waits until the pair has settled and checks it.

import { sleep, wallMillis } from "../../lab/clock.ts";
import { between, prng } from "../../src/lib/prng.ts";
import type { Fault } from "./faults.ts";
import type { Stage } from "./stage.ts";

/** The result of one round. */
export interface Played {
  readonly fault: string;
  /** Time from the fault until the pair had settled. */
  readonly millis: number;
}

export interface RoundOptions {
  readonly seed: number;
  /** Index of the round. */
  readonly step: number;
  readonly progress: (line: string) => void;
}

/** Plays one of `faults` and checks the pair afterwards. Throws an Error if a check fails. */
export async function playRound(
  stage: Stage,
  faults: readonly Fault[],
  { seed, step, progress }: RoundOptions,
): Promise<Played> {
  // Each step has its own generator, so that the course of one fault does not change the next.
  const random = prng(seed * 1_000_003 + step);
  const node = random() < 0.5 ? stage.nodes[0] : stage.nodes[1];
  const candidates = faults.filter(({ isOurs }) => isOurs !== true || node.daemon === "holdfast");
  const fault = candidates[between(random, 0, candidates.length - 1)] as Fault;
  // Start at a random time between two adverts.
  await sleep(between(random, 0, 1_200));
  stage.startRound();
  const begin = wallMillis();
  progress(`${step + 1}. ${node.name} ${node.daemon}: ${fault.name}`);
  const description = await fault.play(stage, node, random);
  await stage.waitForProcesses();
  await stage.settle();
  const millis = wallMillis() - begin;
  await stage.check();
  progress(`   ${description}; settled after ${(millis / 1000).toFixed(1)} s`);
  return { fault: fault.name, millis };
}
