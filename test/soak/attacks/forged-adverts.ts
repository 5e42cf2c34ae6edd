// Floods of forged adverts: nobody without the right to it may move an address.

import { ip } from "../../../src/lib/ip.ts";
import { mac } from "../../../src/lib/mac.ts";
import { bare, INSTANCES, INTERFACE } from "../node.ts";
import { requireStillness, transitionsOf } from "../stillness.ts";
import type { Attack, Field } from "./attack.ts";
import { floodNodes, PER_SECOND } from "./flood-nodes.ts";
import { FORGERIES, type Forgery, forgedFrame, RESIGNATION, type Target } from "./forgeries.ts";

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
  const targets = await findTargets(field);
  const frames = forgeries.flatMap((forgery) =>
    targets
      .filter(({ instance }) => forgery.isAgainst?.(instance) !== false)
      .map((target) => forgedFrame(forgery, target)),
  );
  return await floodNodes(field, frames);
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
