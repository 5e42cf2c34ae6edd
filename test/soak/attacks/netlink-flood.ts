// Links, addresses and neighbours that come and go by the thousand on the holder's host.

import { sleep } from "../../../lab/clock.ts";
import { hang } from "../../lab/hang.ts";
import { INTERFACE } from "../node.ts";
import { requireStillness, transitionsOf } from "../stillness.ts";
import { announcementsLost } from "./announcements-lost.ts";
import type { Attack } from "./attack.ts";
import { deleteAndAwaitReturn } from "./put-back.ts";

/** In pairs. */
const LINKS = 1_000;
const MTU_CHANGES = 10_000;
const ADDRESSES = 10_000;
const NEIGHBOURS = 10_000;
/** Shorter than what counts as frozen, long enough for the kernel to run out of room for announcements. */
const DEAF_MILLIS = 500;

export const netlinkFlood: Attack = {
  name: "netlink-flood",
  does: `${LINKS} links, ${ADDRESSES} addresses and ${NEIGHBOURS} neighbours come and go while the vrrp process is deaf for ${DEAF_MILLIS} ms`,
  holds: "no transition; an address deleted afterwards is put back",
  run: async ({ stage, share }) => {
    const [node] = stage.nodes;
    const before = transitionsOf(stage);
    stage.enter("never");
    const begin = performance.now();
    const lost = announcementsLost(node);
    const batches = [
      mtuBatch(MTU_CHANGES * share),
      linkBatch(LINKS * share),
      addressBatch(ADDRESSES * share),
      neighbourBatch(NEIGHBOURS * share),
    ];
    const release = await holdUp(node.childPid());
    const ends = batches.map((lines) =>
      node.host.run(["ip", "-force", "-batch", "-"], { input: `${lines.join("\n")}\n` }),
    );
    await sleep(DEAF_MILLIS);
    await release();
    await Promise.all(ends);
    const seconds = (performance.now() - begin) / 1_000;
    requireStillness(stage, before, "netlink was flooded");
    const millis = await deleteAndAwaitReturn(stage, node);
    const lines = batches.reduce((sum, { length }) => sum + length, 0);
    return (
      `${lines} changes in ${seconds.toFixed(1)} s, ${announcementsLost(node) - lost} announcements lost, ` +
      `0 transitions, a deleted address back after ${millis.toFixed(1)} ms`
    );
  },
};

/** Keeps a process from reading anything, without a signal that its parent would notice, until the result is called. */
async function holdUp(pid: number): Promise<() => Promise<void>> {
  const releases: (() => void | Promise<void>)[] = [];
  await hang({ after: (release) => void releases.push(release) }, pid);
  return async () => {
    for (const release of releases) await release();
  };
}

/** Changes of a link with so many names that few of its announcements fit into a socket. */
function mtuBatch(count: number): string[] {
  const names = Array.from({ length: 24 }, (_, index) => `altname ${"flood".repeat(20)}${index}`);
  return [
    "link add flood type veth peer name deluge",
    `link property add dev flood ${names.join(" ")}`,
    ...Array.from({ length: Math.ceil(count) }, (_, index) => {
      return `link set dev flood mtu ${1_400 + (index % 2)}`;
    }),
    "link del flood",
  ];
}

function linkBatch(count: number): string[] {
  return Array.from({ length: Math.ceil(count / 2) }, (_, index) => [
    `link add flood${index} type veth peer name food${index}`,
    `link set flood${index} up`,
    `link del flood${index}`,
  ]).flat();
}

function addressBatch(count: number): string[] {
  return Array.from({ length: Math.ceil(count) }, (_, index) => {
    const address = `10.200.${index >> 8}.${index & 255}/32 dev lo`;
    return [`address add ${address}`, `address del ${address}`];
  }).flat();
}

function neighbourBatch(count: number): string[] {
  return Array.from({ length: Math.ceil(count) }, (_, index) => {
    const neighbour = `10.201.${index >> 8}.${index & 255} dev ${INTERFACE}`;
    return [`neigh replace ${neighbour} lladdr 02:00:00:00:00:99`, `neigh del ${neighbour}`];
  }).flat();
}
