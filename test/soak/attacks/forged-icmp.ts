// A flood of forged ICMP errors: whatever they claim, both nodes go on as they were.

import { type Ip, ip } from "../../../src/lib/ip.ts";
import { everyForgedIcmp, forgedIcmpFrame } from "../../support/forged-icmp.ts";
import { bare, INTERFACE } from "../node.ts";
import { requireStillness, transitionsOf } from "../stillness.ts";
import type { Attack, Field } from "./attack.ts";
import { floodNodes, PER_SECOND } from "./flood-nodes.ts";

const GROUP = ip("224.0.0.18");

export const forgedIcmp: Attack = {
  name: "forged-icmp",
  does: `${PER_SECOND} forged ICMP errors a second, of every type and code`,
  holds: "no transition",
  run: async (field) => {
    const { stage } = field;
    const frames = await forgeFrames(field);
    const before = transitionsOf(stage);
    stage.enter("never");
    const measured = await floodNodes(field, frames);
    requireStillness(stage, before, "ICMP errors were forged");
    return `${measured}, 0 transitions`;
  },
};

/** About adverts of each node to the group and to the other one. */
async function forgeFrames({ stage, attacker }: Field): Promise<Uint8Array[]> {
  const [forger = ""] = await attacker.addressesOf(INTERFACE);
  const nodes: Ip[] = stage.nodes.map(({ own }) => ip(own));
  return nodes.flatMap((victim) => {
    const destinations = [GROUP, ...nodes.filter((node) => node !== victim)];
    return everyForgedIcmp(ip(bare(forger)), victim, destinations).map(forgedIcmpFrame);
  });
}
