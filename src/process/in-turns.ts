// Processes long lists without blocking the event loop.

import { setImmediate as nextTurn } from "node:timers/promises";

const ITEMS_IN_A_TURN = 20;

/** Calls `act` for each of `items` in order, and lets the event loop run in between. */
export async function eachInTurns<T>(items: readonly T[], act: (item: T) => void): Promise<void> {
  for (const [index, item] of items.entries()) {
    if (index % ITEMS_IN_A_TURN === ITEMS_IN_A_TURN - 1) await nextTurn();
    act(item);
  }
}
