// Checks that nothing changed: no address moved, no instance changed its state.

import { instanceOf, isFenced } from "./node.ts";
import type { Stage } from "./stage.ts";

/** The number of transitions each node has logged so far. */
export function transitionsOf(stage: Stage): number[] {
  return stage.nodes.map((node) => node.transitions());
}

/**
 * Throws an Error if an address moved in this round or a transition was logged since `before`. Ignores the instance with
 * the short interval, whose lease may end on a busy machine.
 */
export function requireStillness(stage: Stage, before: readonly number[], what: string): void {
  const change = stage.tracker.changes.find(({ address }) => {
    const instance = instanceOf(address);
    return instance !== undefined && isFenced(instance);
  });
  if (change !== undefined) {
    throw new Error(`${what}: ${change.address} was ${change.kind} on ${change.host}`);
  }
  requireNoTransition(stage, before, what);
}

/** Throws an Error if a transition was logged since `before`. */
export function requireNoTransition(stage: Stage, before: readonly number[], what: string): void {
  const after = transitionsOf(stage);
  if (after.join() !== before.join()) throw new Error(`${what}: a transition was logged`);
}
