// Runs a node of the engine through its deadlines.

import type { VrrpPart } from "../../src/config/config.ts";
import type { InstanceConfig } from "../../src/config/vrrp/vrrp-config.ts";
import type { Micros } from "../../src/lib/micros.ts";
import type { NodeAction } from "../../src/vrrp/action.ts";
import { VrrpNode } from "../../src/vrrp/node.ts";
import { actionsOf } from "./actions.ts";
import { instanceConfig, interfaceState } from "./vrrp-config.ts";

/** The interface of `instanceConfig`. */
export const ETH0 = interfaceState("eth0", "192.0.2.1/24");

/** A node that has begun with `settings` on ETH0. */
export function started(settings: VrrpPart, at: Micros = 0): VrrpNode {
  const node = new VrrpNode(settings, { detailed: false });
  node.handle({ kind: "start", interfaces: [ETH0], records: undefined }, at);
  return node;
}

/** Handles the node's deadlines from `from` to `until` and returns the actions with their times. */
export function run(
  node: VrrpNode,
  until: Micros,
  from: Micros = 0,
): { at: Micros; action: NodeAction }[] {
  const done: { at: Micros; action: NodeAction }[] = [];
  let at = from;
  for (;;) {
    const deadline = node.deadline();
    if (deadline === undefined || deadline > until) return done;
    at = Math.max(deadline, at);
    for (const action of actionsOf(node.handle({ kind: "deadline" }, at)))
      done.push({ at, action });
  }
}

/** `count` owners, which are active from the start. */
export function owners(count: number, over: Partial<InstanceConfig> = {}): InstanceConfig[] {
  return Array.from({ length: count }, (_, index) =>
    instanceConfig({ virtualRouterId: index + 1, priority: 255, state: "MASTER", ...over }),
  );
}
