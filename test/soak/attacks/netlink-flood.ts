// Links, addresses and neighbours that come and go by the thousand on the holder's host.

import { sleep } from "../../../lab/clock.ts";
import type { RunResult } from "../../../lab/command.ts";
import { hang } from "../../lab/hang.ts";
import { INTERFACE, type SoakNode } from "../node.ts";
import { requireNoTransition, transitionsOf } from "../stillness.ts";
import { announcementsLost } from "./announcements-lost.ts";
import type { Attack } from "./attack.ts";
import { deleteAddressOf, untilPutBack } from "./put-back.ts";

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
  holds: "no transition; an address whose deletion could not be announced is put back",
  run: async ({ stage, share }) => {
    const [node] = stage.nodes;
    const before = transitionsOf(stage);
    const lost = announcementsLost(node);
    const flood = (lines: readonly string[]): Promise<RunResult> =>
      node.host.run(["ip", "-force", "-batch", "-"], { input: `${lines.join("\n")}\n` });
    stage.enter("handOver");
    const fast = await takeOut(node, "VI_FAST");
    stage.enter("never");
    const begin = performance.now();
    const child = node.childPid();
    const release = await holdUp(child);
    const mtuChanges = flood(mtuBatch(MTU_CHANGES * share));
    await sleep(DEAF_MILLIS);
    // Its announcement is lost with the others: only a fresh look at all addresses finds this.
    const deleted = await deleteAddressOf(stage, node);
    await release();
    const millis = await untilPutBack(stage, deleted);
    await Promise.all([
      mtuChanges,
      flood(linkBatch(LINKS * share)),
      flood(addressBatch(ADDRESSES * share)),
      flood(neighbourBatch(NEIGHBOURS * share)),
    ]);
    const seconds = (performance.now() - begin) / 1_000;
    if (node.childPid() !== child)
      throw new Error("the vrrp process was deaf until its parent killed it");
    requireNoTransition(stage, before, "netlink was flooded");
    stage.enter("handOver");
    await putIn(node, "VI_FAST", fast);
    return (
      `in ${seconds.toFixed(1)} s, ${announcementsLost(node) - lost} announcements lost, ` +
      `0 transitions, an address deleted meanwhile back after ${millis.toFixed(1)} ms`
    );
  },
};

/** With its fast adverts a process that is deaf for so long would count as frozen on a busy machine. */
async function takeOut(node: SoakNode, instance: string): Promise<number> {
  const priority = node.priorities.get(instance);
  if (priority === undefined) throw new Error(`${node.name} has no ${instance}`);
  node.priorities.delete(instance);
  node.writeConfig();
  await node.reload();
  return priority;
}

async function putIn(node: SoakNode, instance: string, priority: number): Promise<void> {
  node.priorities.set(instance, priority);
  node.writeConfig();
  await node.reload();
}

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
    ...names.map((name) => `link property add dev flood ${name}`),
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
