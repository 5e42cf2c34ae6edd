// Attack: thousands of links, addresses and neighbours are added and removed on the holder's host.

import { sleep } from "../../../lab/clock.ts";

import { hang } from "../../lab/hang.ts";
import { INTERFACE, type SoakNode } from "../node.ts";
import { requireNoTransition, transitionsOf } from "../stillness.ts";
import { announcementsLost } from "./announcements-lost.ts";
import type { Attack } from "./attack.ts";
import { deleteAddressOf, waitUntilRestored } from "./restored-address.ts";

/** Half as many veth pairs. */
const LINKS = 1_000;
const MTU_CHANGES = 10_000;
const ADDRESSES = 10_000;
const NEIGHBOURS = 10_000;
/** Too short to count as frozen, long enough for the socket's buffer to overflow. */
const HANG_MILLIS = 500;

export const netlinkFlood: Attack = {
  name: "netlink-flood",
  does: `adds and removes ${LINKS} links, ${ADDRESSES} addresses and ${NEIGHBOURS} neighbours; the vrrp process hangs for ${HANG_MILLIS} ms`,
  holds: "no transition; an address whose deletion was not announced is restored",
  run: async ({ stage, share }) => {
    const [node] = stage.nodes;
    const before = transitionsOf(stage);
    const lost = announcementsLost(node);
    stage.enter("handOver");
    const fast = await removeInstance(node, "VI_FAST");
    stage.enter("never");
    const begin = performance.now();
    const child = node.childPid();
    const release = await hangUntilReleased(child);
    const mtuChanges = node.host.ipBatch(mtuBatch(MTU_CHANGES * share));
    await sleep(HANG_MILLIS);
    // This message is lost with the others: only a new dump of all addresses shows the deletion.
    const deleted = await deleteAddressOf(stage, node);
    await release();
    const millis = await waitUntilRestored(stage, deleted);
    await Promise.all([
      mtuChanges,
      node.host.ipBatch(linkBatch(LINKS * share)),
      node.host.ipBatch(addressBatch(ADDRESSES * share)),
      node.host.ipBatch(neighbourBatch(NEIGHBOURS * share)),
    ]);
    const seconds = (performance.now() - begin) / 1_000;
    if (node.childPid() !== child)
      throw new Error("the parent killed the vrrp process while it hung");
    requireNoTransition(stage, before, "after the netlink flood");
    stage.enter("handOver");
    await addInstance(node, "VI_FAST", fast);
    return (
      `in ${seconds.toFixed(1)} s, ${announcementsLost(node) - lost} messages lost, ` +
      `0 transitions, an address deleted meanwhile restored after ${millis.toFixed(1)} ms`
    );
  },
};

/** With a short advert interval the hanging process would count as frozen on a busy machine. Returns the priority. */
async function removeInstance(node: SoakNode, instance: string): Promise<number> {
  const priority = node.priorities.get(instance);
  if (priority === undefined) throw new Error(`${node.name} has no ${instance}`);
  node.priorities.delete(instance);
  node.writeConfig();
  await node.reload();
  return priority;
}

async function addInstance(node: SoakNode, instance: string, priority: number): Promise<void> {
  node.priorities.set(instance, priority);
  node.writeConfig();
  await node.reload();
}

/** Makes a process hang until the returned function is called, without a signal that its parent would notice. */
async function hangUntilReleased(pid: number): Promise<() => Promise<void>> {
  const releases: (() => void | Promise<void>)[] = [];
  await hang({ after: (release) => void releases.push(release) }, pid);
  return async () => {
    for (const release of releases) await release();
  };
}

/** Changes a link with so many names that its messages fill the socket's buffer quickly. */
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
