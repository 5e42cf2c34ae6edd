// One round of a soak: a random fault on a random node, and everything that must hold once the pair has settled.

import { sleep, wallMillis } from "../../lab/clock.ts";
import { between, prng } from "../../src/lib/prng.ts";
import type { Fault } from "./faults.ts";
import type { Stage } from "./stage.ts";

/** One fault that was played. */
export interface Played {
  readonly fault: string;
  /** From the fault until the pair had settled. */
  readonly millis: number;
}

export interface RoundOptions {
  readonly seed: number;
  /** The number of the round, from 0. */
  readonly step: number;
  readonly tell: (line: string) => void;
}

/** Plays one of `faults` and judges the pair afterwards. Throws an Error when something does not hold. */
export async function playRound(
  stage: Stage,
  faults: readonly Fault[],
  { seed, step, tell }: RoundOptions,
): Promise<Played> {
  // Each step draws from a generator of its own: how one fault went must not change the next.
  const random = prng(seed * 1_000_003 + step);
  const node = random() < 0.5 ? stage.nodes[0] : stage.nodes[1];
  const candidates = faults.filter(({ isOurs }) => isOurs !== true || node.daemon === "holdfast");
  const fault = candidates[between(random, 0, candidates.length - 1)] as Fault;
  // Faults come at any instant between two adverts.
  await sleep(between(random, 0, 1_200));
  stage.turnPage();
  const begin = wallMillis();
  tell(`${step + 1}. ${node.name} ${node.daemon}: ${fault.name}`);
  const word = await fault.play(stage, node, random);
  await stage.waitUntilWhole();
  await stage.settle();
  const millis = wallMillis() - begin;
  await stage.judge();
  tell(`   ${word}; well after ${(millis / 1000).toFixed(1)} s`);
  return { fault: fault.name, millis };
}
