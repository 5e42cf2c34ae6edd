// Attack: a program deletes thousands of addresses, the floating ones among them.

import { bare, INSTANCES, INTERFACE, type SoakNode } from "../node.ts";
import type { Stage } from "../stage.ts";
import type { Attack } from "./attack.ts";

const DELETIONS = 10_000;
/** The floating addresses are deleted after this many others. */
const FOREIGN_BETWEEN = 20;
/** Each address is restored at most this often within the window. */
const PUT_BACKS = 5;
const PUT_BACK_WINDOW_MILLIS = 10_000;

export const deletedAddresses: Attack = {
  name: "deleted-addresses",
  does: `deletes ${DELETIONS} addresses on the holder's interface, the floating ones repeatedly`,
  holds: `each is restored ${PUT_BACKS} times in ${PUT_BACK_WINDOW_MILLIS / 1_000} s at most, then given up`,
  run: async ({ stage, share }) => {
    const [node] = stage.nodes;
    const [instance] = INSTANCES;
    if (instance === undefined) throw new Error("no instance is configured");
    const from = node.program.lines.length;
    const count = Math.ceil(DELETIONS * share);
    stage.enter("handOver");
    const lines = Array.from({ length: count }, (_, index) => {
      const foreign = `10.202.${index >> 8}.${index & 255}/32 dev ${INTERFACE}`;
      const floating = index % FOREIGN_BETWEEN === 0 ? instance.addresses : [];
      return [
        `address add ${foreign}`,
        `address del ${foreign}`,
        ...floating.map((address) => `address del ${address} dev ${INTERFACE}`),
      ];
    }).flat();
    const begin = performance.now();
    // The deletion of a floating address fails while the address is missing.
    await node.host.ipBatch(lines, { force: true });
    const seconds = (performance.now() - begin) / 1_000;
    await node.program.waitForLine(/was deleted too often, resigning/, undefined, from);
    const most = Math.max(
      ...instance.addresses.map((address) => mostPutBacks(node, from, address)),
    );
    if (most > PUT_BACKS) throw new Error(`an address was restored ${most} times`);
    const deleted = countRemovals(stage, node, instance.addresses);
    return (
      `${count} other addresses and ${deleted} times a floating one deleted in ${seconds.toFixed(1)} s, ` +
      `restored ${most} times at most, then given up`
    );
  },
};

/** The largest number of restorations of an address within the window, according to the log. */
function mostPutBacks({ program }: SoakNode, from: number, address: string): number {
  const times = program.lines
    .slice(from)
    .filter(({ text }) => text.includes(`${address} on `) && text.includes("restoring it"))
    .map(({ at }) => at);
  return Math.max(
    0,
    ...times.map(
      (begin) =>
        times.filter((at) => at >= begin && at < begin + PUT_BACK_WINDOW_MILLIS - 500).length,
    ),
  );
}

function countRemovals(
  { tracker }: Stage,
  { name }: SoakNode,
  addresses: readonly string[],
): number {
  return tracker.changes.filter(
    ({ kind, host, address }) =>
      kind === "removed" && host === name && addresses.map(bare).includes(address),
  ).length;
}
