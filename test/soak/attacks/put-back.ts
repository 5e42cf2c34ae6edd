// Whether a node still sees what is done to its addresses: one that is deleted must be put back.

import { until } from "../../../lab/clock.ts";
import { bare, INSTANCES, INTERFACE, type SoakNode } from "../node.ts";
import type { Stage } from "../stage.ts";

/** Deletes the first address that `node` holds and gives how many milliseconds it was away. */
export async function deleteAndAwaitReturn(stage: Stage, node: SoakNode): Promise<number> {
  const address = INSTANCES.flatMap(({ addresses }) => addresses).find((candidate) =>
    stage.book.holders(bare(candidate)).includes(node.name),
  );
  if (address === undefined) throw new Error(`${node.name} holds nothing`);
  const changed = (kind: "added" | "removed"): number | undefined =>
    stage.book.changes.findLast(
      (change) => change.address === bare(address) && change.kind === kind,
    )?.at;
  await node.host.run(["ip", "address", "del", address, "dev", INTERFACE]);
  const gone = await until(`${address} to go`, () => changed("removed"));
  const back = await until(`${address} to be put back`, () => changed("added"));
  const millis = back - gone;
  if (millis > stage.limits.putBackMillis) throw new Error(`${address} was away ${millis} ms`);
  return millis;
}
