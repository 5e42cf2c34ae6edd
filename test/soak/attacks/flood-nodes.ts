// Floods both nodes with frames and checks that they arrive.

import { INTERFACE, type SoakNode } from "../node.ts";
import type { AttackContext } from "./attack.ts";
import { floodFrom } from "./flood-order.ts";

export const PER_SECOND = 20_000;
const SECONDS = 6;

/** Sends `frames` in turn; describes the measured rate. Throws an Error if a node received less than half of them. */
export async function floodNodes(
  { stage, attacker, share }: AttackContext,
  frames: readonly Uint8Array[],
): Promise<string> {
  const before = await Promise.all(stage.nodes.map(received));
  const seconds = Math.max(1, SECONDS * share);
  const order = { interface: INTERFACE, perSecond: PER_SECOND * share, seconds };
  const { sent, refused, seconds: lasted } = await floodFrom(attacker, frames, order);
  const after = await Promise.all(stage.nodes.map(received));
  const arrived = after.map((count, index) => count - (before[index] ?? 0));
  if (Math.min(...arrived) < sent / 2) {
    throw new Error(`the nodes received only ${arrived.join(" and ")} of ${sent} frames`);
  }
  const rate = Math.round(sent / lasted);
  return `${rate}/s for ${lasted.toFixed(1)} s (${refused} refused by the attacker's kernel)`;
}

/** The number of packets received by a node's interface. */
async function received({ host }: SoakNode): Promise<number> {
  const { stdout } = await host.run(["ip", "-j", "-s", "link", "show", INTERFACE]);
  const [link] = JSON.parse(stdout) as { readonly stats64: { readonly rx: { packets: number } } }[];
  return link?.stats64.rx.packets ?? 0;
}
