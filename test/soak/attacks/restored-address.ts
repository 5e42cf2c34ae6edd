// Deletes an address of a node and waits until the node has restored it.

import { until } from "../../../lab/clock.ts";
import { bare, INSTANCES, INTERFACE, type SoakNode } from "../node.ts";
import type { Stage } from "../stage.ts";

/** Deletes the first address that `node` holds; returns it without its prefix length. */
export async function deleteAddressOf(stage: Stage, node: SoakNode): Promise<string> {
  const address = INSTANCES.flatMap(({ addresses }) => addresses).find((candidate) =>
    stage.tracker.holders(bare(candidate)).includes(node.name),
  );
  if (address === undefined) throw new Error(`${node.name} holds no address`);
  await node.host.run(["ip", "address", "del", address, "dev", INTERFACE]);
  await until(`the removal of ${address}`, () => lastChange(stage, bare(address), "removed"));
  return bare(address);
}

/** Waits until a deleted address is restored; returns for how many milliseconds it was missing. */
export async function waitUntilRestored(stage: Stage, address: string): Promise<number> {
  const back = await until(`${address} to be restored`, () => lastChange(stage, address, "added"));
  return back - (lastChange(stage, address, "removed") ?? Number.NaN);
}

function lastChange(stage: Stage, address: string, kind: "added" | "removed"): number | undefined {
  return stage.tracker.changes.findLast(
    (change) => change.address === address && change.kind === kind,
  )?.at;
}
