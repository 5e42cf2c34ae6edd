// What a pair must show while nothing may change: no address moves, no instance changes its state.

import { instanceOf, isFenced } from "./node.ts";
import type { Stage } from "./stage.ts";

/** How many transitions each node has logged so far. */
export function transitionsOf(stage: Stage): number[] {
  return stage.nodes.map((node) => node.transitions());
}

/**
 * Fails when an address moved or a daemon changed its state since the page was turned. A fast instance may: half a
 * second of its lease is soon over on a busy machine.
 */
export function requireStillness(stage: Stage, before: readonly number[], what: string): void {
  const change = stage.book.changes.find(({ address }) => {
    const instance = instanceOf(address);
    return instance !== undefined && isFenced(instance);
  });
  if (change !== undefined) {
    throw new Error(`${what}: ${change.address} was ${change.kind} on ${change.host}`);
  }
  requireNoTransition(stage, before, what);
}

/** Fails when a daemon logged a change of state since `before`. */
export function requireNoTransition(stage: Stage, before: readonly number[], what: string): void {
  const after = transitionsOf(stage);
  if (after.join() !== before.join()) throw new Error(`${what}: a transition was logged`);
}
