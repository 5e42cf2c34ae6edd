// Whether a node still sees what is done to its addresses: one that is deleted must be put back.

import { until } from "../../../lab/clock.ts";
import { bare, INSTANCES, INTERFACE, type SoakNode } from "../node.ts";
import type { Stage } from "../stage.ts";

/** Deletes the first address that `node` holds and gives it, without its prefix length. */
export async function deleteAddressOf(stage: Stage, node: SoakNode): Promise<string> {
  const address = INSTANCES.flatMap(({ addresses }) => addresses).find((candidate) =>
    stage.book.holders(bare(candidate)).includes(node.name),
  );
  if (address === undefined) throw new Error(`${node.name} holds nothing`);
  await node.host.run(["ip", "address", "del", address, "dev", INTERFACE]);
  await until(`${address} to go`, () => lastChange(stage, bare(address), "removed"));
  return bare(address);
}

/** Waits until a deleted address is back and gives how many milliseconds it was away. */
export async function untilPutBack(stage: Stage, address: string): Promise<number> {
  const back = await until(`${address} to be put back`, () => lastChange(stage, address, "added"));
  return back - (lastChange(stage, address, "removed") ?? Number.NaN);
}

function lastChange(stage: Stage, address: string, kind: "added" | "removed"): number | undefined {
  return stage.book.changes.findLast((change) => change.address === address && change.kind === kind)
    ?.at;
}
