// Attacks: floods of forged adverts, which must not move an address.

import { ip } from "../../../src/lib/ip.ts";
import { mac } from "../../../src/lib/mac.ts";
import { bare, INSTANCES, INTERFACE } from "../node.ts";
import { requireStillness, transitionsOf } from "../stillness.ts";
import type { Attack, AttackContext } from "./attack.ts";
import { floodNodes, PER_SECOND } from "./flood-nodes.ts";
import { FORGERIES, type Forgery, forgedFrame, RESIGNATION, type Target } from "./forgeries.ts";

/** All forgeries that must not cause a transition. */
export const forgedAdverts: Attack = {
  name: "forged-adverts",
  does: `sends ${PER_SECOND} forged adverts a second, of ${FORGERIES.length} kinds`,
  holds: "no transition",
  run: async (context) => {
    const { stage } = context;
    const before = transitionsOf(stage);
    stage.enter("never");
    const measured = await flood(context, FORGERIES);
    requireStillness(stage, before, "after forged adverts");
    return `${measured}, 0 transitions`;
  },
};

/** Without a secret anyone can resign for the holder. VRRP has no protection against this. */
export const priorityZero: Attack = {
  name: "priority-zero",
  does: `sends ${PER_SECOND} valid adverts of priority 0 a second from another host`,
  holds: "the pair settles",
  run: async (context) => {
    context.stage.enter("handOver");
    const measured = await flood(context, [RESIGNATION]);
    await context.stage.settle();
    return measured;
  },
};

async function flood(context: AttackContext, forgeries: readonly Forgery[]): Promise<string> {
  const targets = await findTargets(context);
  const frames = forgeries.flatMap((forgery) =>
    targets
      .filter(({ instance }) => forgery.isAgainst?.(instance) !== false)
      .map((target) => forgedFrame(forgery, target)),
  );
  return await floodNodes(context, frames);
}

/** Every instance with the node that holds it. */
async function findTargets({ stage, attacker }: AttackContext): Promise<Target[]> {
  const { stdout } = await attacker.run(["ip", "-o", "link", "show", INTERFACE]);
  const forgerMac = mac(/link\/ether (\S+)/.exec(stdout)?.[1] ?? "");
  const [forger = ""] = await attacker.addressesOf(INTERFACE);
  return INSTANCES.map((instance) => {
    const [holderName] = stage.tracker.holders(bare(instance.addresses[0] ?? ""));
    const holder = stage.nodes.find(({ name }) => name === holderName);
    if (holder === undefined) throw new Error(`no node holds the addresses of ${instance.name}`);
    return { instance, holder: ip(holder.own), forger: ip(bare(forger)), forgerMac };
  });
}
