// Applies a new configuration to a running node. Remaining virtual routers keep their state.

import type { VrrpPart } from "../config/config.ts";
import { matchInstances } from "../config/vrrp/match-instances.ts";
import type { InterfaceState } from "./event.ts";
import { indexInstances } from "./instance-index.ts";
import { type NodeParts, updateConflicts } from "./node-parts.ts";
import { start } from "./router/initialize.ts";
import { Instance } from "./router/instance.ts";
import { onTracking, reconfigure, remove, renewRecord } from "./router/state-machine.ts";
import { notifiedState, notifyUnchanged } from "./router/transition.ts";

/** Applies `config`. `interfaces`: the interfaces whose state changes by it. */
export function reload(
  node: NodeParts,
  config: VrrpPart,
  interfaces: readonly InterfaceState[],
): void {
  const { step, shared, schedule, startupDelay } = node;
  for (const state of interfaces) node.interfaces.set(state.name, state);
  const before = new Map(node.instances.map((instance) => [instance.config, instance]));
  const matches = matchInstances([...before.keys()], config.instances);
  const { vipLease, vrrpStartupDelayMicros, fifoWriteVrrpStatesOnReload } = config.global;
  const isLeaseSame = node.config.global.vipLease === vipLease;
  node.config = config;
  shared.vipLease = vipLease;
  if (vrrpStartupDelayMicros === 0 && step.now < shared.listeningFrom) {
    startupDelay.cancel(step, node.instances);
    shared.listeningFrom = step.now;
  }
  updateConflicts(node);
  node.scripts.configure(step, config, false);
  const started: Instance[] = [];
  const kept = new Set<Instance>();
  node.instances = config.instances.map((wanted) => {
    const match = matches.get(wanted);
    const known = match === undefined ? undefined : before.get(match);
    if (match !== undefined) before.delete(match);
    const instance = known ?? new Instance(wanted, shared);
    if (known === undefined) started.push(instance);
    else kept.add(instance);
    return instance;
  });
  for (const instance of before.values()) {
    remove(step, instance);
    schedule.rearm(instance);
  }
  for (const [index, instance] of node.instances.entries()) {
    const wanted = config.instances[index];
    if (wanted === undefined || !kept.has(instance)) continue;
    const stateBefore = notifiedState(instance);
    if (!isLeaseSame || JSON.stringify(wanted) !== JSON.stringify(instance.config)) {
      reconfigure(step, instance, wanted);
    } else {
      // A script with the same name may now be another one, or runnable.
      onTracking(step, instance);
      renewRecord(step, instance);
    }
    if (fifoWriteVrrpStatesOnReload) notifyUnchanged(step, instance, stateBefore);
    schedule.rearm(instance);
  }
  for (const instance of started) {
    start(step, instance, undefined);
    schedule.rearm(instance);
  }
  node.index = indexInstances(node.instances);
}
