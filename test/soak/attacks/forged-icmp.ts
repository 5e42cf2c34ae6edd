// Attack: a flood of forged ICMP errors, which must have no effect.

import { type Ip, ip } from "../../../src/lib/ip.ts";
import { everyForgedIcmp, forgedIcmpFrame } from "../../support/forged-icmp.ts";
import { bare, INTERFACE } from "../node.ts";
import { requireStillness, transitionsOf } from "../stillness.ts";
import type { Attack, AttackContext } from "./attack.ts";
import { floodNodes, PER_SECOND } from "./flood-nodes.ts";

const GROUP = ip("224.0.0.18");

export const forgedIcmp: Attack = {
  name: "forged-icmp",
  does: `sends ${PER_SECOND} forged ICMP errors a second, of every type and code`,
  holds: "no transition",
  run: async (context) => {
    const { stage } = context;
    const frames = await forgeFrames(context);
    const before = transitionsOf(stage);
    stage.enter("never");
    const measured = await floodNodes(context, frames);
    requireStillness(stage, before, "after forged ICMP errors");
    return `${measured}, 0 transitions`;
  },
};

/** Errors about adverts of each node to the group and to the other node. */
async function forgeFrames({ stage, attacker }: AttackContext): Promise<Uint8Array[]> {
  const [forger = ""] = await attacker.addressesOf(INTERFACE);
  const nodes: Ip[] = stage.nodes.map(({ own }) => ip(own));
  return nodes.flatMap((victim) => {
    const destinations = [GROUP, ...nodes.filter((node) => node !== victim)];
    return everyForgedIcmp(ip(bare(forger)), victim, destinations).map(forgedIcmpFrame);
  });
}
