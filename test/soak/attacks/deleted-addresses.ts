// A program that deletes addresses without end: thousands of foreign ones, and the floating ones among them.

import { bare, INSTANCES, INTERFACE, type SoakNode } from "../node.ts";
import type { Stage } from "../stage.ts";
import type { Attack } from "./attack.ts";

const DELETIONS = 10_000;
/** A floating address is deleted after so many foreign ones. */
const FOREIGN_BETWEEN = 20;
/** FENCING, put back: so often in this time, for each address. */
const PUT_BACKS = 5;
const PUT_BACK_WINDOW_MILLIS = 10_000;

export const deletedAddresses: Attack = {
  name: "deleted-addresses",
  does: `${DELETIONS} addresses deleted on the holder's interface, the floating ones again and again`,
  holds: `each is put back ${PUT_BACKS} times in ${PUT_BACK_WINDOW_MILLIS / 1_000} s at most, then given up`,
  run: async ({ stage, share }) => {
    const [node] = stage.nodes;
    const [instance] = INSTANCES;
    if (instance === undefined) throw new Error("nothing is configured");
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
    // Where a floating address is away just then, its deletion fails: that is no failure of the attack.
    const input = `${lines.join("\n")}\n`;
    await node.host.run(["ip", "-force", "-batch", "-"], { input, mayFail: true });
    const seconds = (performance.now() - begin) / 1_000;
    await node.program.waitForLine(/is deleted again and again, giving up/, undefined, from);
    const most = Math.max(
      ...instance.addresses.map((address) => mostPutBacks(node, from, address)),
    );
    if (most > PUT_BACKS) throw new Error(`an address was put back ${most} times`);
    const deleted = countRemovals(stage, node, instance.addresses);
    return (
      `${count} foreign addresses and ${deleted} times a floating one deleted in ${seconds.toFixed(1)} s, ` +
      `put back ${most} times at most, then given up`
    );
  },
};

/** The most put-backs of one address within the window, by its daemon's log. */
function mostPutBacks({ program }: SoakNode, from: number, address: string): number {
  const times = program.lines
    .slice(from)
    .filter(({ text }) => text.includes(`${address} on `) && text.includes("putting it back"))
    .map(({ at }) => at);
  return Math.max(
    0,
    ...times.map(
      (begin) =>
        times.filter((at) => at >= begin && at < begin + PUT_BACK_WINDOW_MILLIS - 500).length,
    ),
  );
}

function countRemovals({ book }: Stage, { name }: SoakNode, addresses: readonly string[]): number {
  return book.changes.filter(
    ({ kind, host, address }) =>
      kind === "removed" && host === name && addresses.map(bare).includes(address),
  ).length;
}
