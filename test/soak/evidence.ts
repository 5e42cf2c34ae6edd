// The evidence of a failed soak.

import { instanceOf } from "./node.ts";
import type { Stage } from "./stage.ts";

/** The error with what is needed to understand it: history, changes of floating addresses and both logs. */
export function describeFailure(
  error: Error,
  seed: number,
  history: readonly string[],
  stage: Stage | undefined,
): string {
  const logs = stage?.nodes.flatMap((node) => ["", `log of ${node.name}`, ...node.tail(60)]) ?? [];
  const changes = stage?.book.changes
    .filter(({ address }) => instanceOf(address) !== undefined)
    .map(({ at, host, address, kind }) => {
      return `${new Date(at).toISOString().slice(11, 23)} ${host} ${address} ${kind}`;
    });
  const addresses = ["", "addresses since the last fault", ...(changes ?? [])];
  const seedLine = `seed ${seed} (the same seed plays the same faults; what they meet may differ)`;
  return [error.message, seedLine, "", ...history, ...addresses, ...logs].join("\n");
}
