// Floods of forged adverts: nobody without the right to it may move an address.

import { ip } from "../../../src/lib/ip.ts";
import { mac } from "../../../src/lib/mac.ts";
import { bare, INSTANCES, INTERFACE, type SoakNode } from "../node.ts";
import { requireStillness, transitionsOf } from "../stillness.ts";
import type { Attack, Field } from "./attack.ts";
import { floodFrom } from "./flood-order.ts";
import { FORGERIES, type Forgery, forgedFrame, RESIGNATION, type Target } from "./forgeries.ts";

const PER_SECOND = 20_000;
const SECONDS = 6;

/** The flood of everything that must not change a state. */
export const forgedAdverts: Attack = {
  name: "forged-adverts",
  does: `${PER_SECOND} forged adverts a second, in ${FORGERIES.length} kinds`,
  holds: "no transition",
  run: async (field) => {
    const { stage } = field;
    const before = transitionsOf(stage);
    stage.enter("never");
    const measured = await flood(field, FORGERIES);
    requireStillness(stage, before, "adverts were forged");
    return `${measured}, 0 transitions`;
  },
};

/** Where there is no secret, or it is known, anyone can resign for the holder: VRRP has no remedy against it. */
export const priorityZero: Attack = {
  name: "priority-zero",
  does: `${PER_SECOND} right adverts of priority 0 a second, from a stranger`,
  holds: "the pair settles",
  run: async (field) => {
    field.stage.enter("handOver");
    const measured = await flood(field, [RESIGNATION]);
    await field.stage.settle();
    return measured;
  },
};

async function flood(field: Field, forgeries: readonly Forgery[]): Promise<string> {
  const { stage, attacker, share } = field;
  const targets = await findTargets(field);
  const frames = forgeries.flatMap((forgery) =>
    targets
      .filter(({ instance }) => forgery.isAgainst?.(instance) !== false)
      .map((target) => forgedFrame(forgery, target)),
  );
  const before = await Promise.all(stage.nodes.map(received));
  const seconds = Math.max(1, SECONDS * share);
  const order = { interface: INTERFACE, perSecond: PER_SECOND * share, seconds };
  const { sent, refused, seconds: lasted } = await floodFrom(attacker, frames, order);
  const after = await Promise.all(stage.nodes.map(received));
  const arrived = after.map((count, index) => count - (before[index] ?? 0));
  if (Math.min(...arrived) < sent / 2) {
    throw new Error(`of ${sent} frames only ${arrived.join(" and ")} came to the nodes`);
  }
  const rate = Math.round(sent / lasted);
  return `${rate}/s for ${lasted.toFixed(1)} s (${refused} refused by the attacker's kernel)`;
}

/** Every instance with the node that holds it now. */
async function findTargets({ stage, attacker }: Field): Promise<Target[]> {
  const { stdout } = await attacker.run(["ip", "-o", "link", "show", INTERFACE]);
  const forgerMac = mac(/link\/ether (\S+)/.exec(stdout)?.[1] ?? "");
  const [forger = ""] = await attacker.addressesOf(INTERFACE);
  return INSTANCES.map((instance) => {
    const [holderName] = stage.book.holders(bare(instance.addresses[0] ?? ""));
    const holder = stage.nodes.find(({ name }) => name === holderName);
    if (holder === undefined) throw new Error(`nobody holds the addresses of ${instance.name}`);
    return { instance, holder: ip(holder.own), forger: ip(bare(forger)), forgerMac };
  });
}

/** How many packets have come to a node's interface. */
async function received({ host }: SoakNode): Promise<number> {
  const { stdout } = await host.run(["ip", "-j", "-s", "link", "show", INTERFACE]);
  const [link] = JSON.parse(stdout) as { readonly stats64: { readonly rx: { packets: number } } }[];
  return link?.stats64.rx.packets ?? 0;
}
