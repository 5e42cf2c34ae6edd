// Describes a failed soak.

import { instanceOf } from "./node.ts";
import type { Stage } from "./stage.ts";

/** The error message with the seed, the history, the changes of floating addresses and both logs. */
export function describeFailure(
  error: Error,
  seed: number,
  history: readonly string[],
  stage: Stage | undefined,
): string {
  const logs = stage?.nodes.flatMap((node) => ["", `log of ${node.name}`, ...node.tail(60)]) ?? [];
  const changes = stage?.tracker.changes
    .filter(({ address }) => instanceOf(address) !== undefined)
    .map(({ at, host, address, kind }) => {
      return `${new Date(at).toISOString().slice(11, 23)} ${host} ${address} ${kind}`;
    });
  const addresses = ["", "addresses since the last fault", ...(changes ?? [])];
  const seedLine = `seed ${seed} (repeats the same faults, though their timing may differ)`;
  return [error.message, seedLine, "", ...history, ...addresses, ...logs].join("\n");
}
