// The shared data of the parts of a node's engine.

import type { VrrpPart } from "../config/config.ts";
import type { InstanceConfig } from "../config/vrrp/vrrp-config.ts";
import type { InterfaceState } from "./event.ts";
import type { InstanceIndex } from "./instance-index.ts";
import type { Instance, SharedParts } from "./router/instance.ts";
import { onTracking } from "./router/state-machine.ts";
import type { Schedule } from "./schedule.ts";
import type { StartupDelay } from "./startup-delay.ts";
import type { Step } from "./step.ts";
import type { Scripts } from "./tracking/scripts.ts";
import { faultText } from "./tracking/tracking.ts";

export interface NodeParts {
  config: VrrpPart;
  readonly step: Step;
  readonly interfaces: Map<string, InterfaceState>;
  readonly scripts: Scripts;
  readonly shared: SharedParts;
  /** In the order of the configuration. */
  instances: readonly Instance[];
  index: InstanceIndex;
  readonly schedule: Schedule;
  readonly startupDelay: StartupDelay;
}

/** Reassesses `instances`, whose tracked objects changed. */
export function reassessAll({ step, schedule }: NodeParts, instances: readonly Instance[]): void {
  for (const instance of instances) {
    onTracking(step, instance);
    schedule.rearm(instance);
  }
}

/** Logs new VRID conflicts, and returns the instances for which one began or ended. */
export function updateConflicts(node: NodeParts): readonly InstanceConfig[] {
  const { conflicts } = node.shared;
  const changed = conflicts.update(node.config.instances, node.interfaces);
  for (const { name, virtualRouterId: id } of changed) {
    const rival = conflicts.rivalOf(name);
    if (rival === undefined) continue;
    node.step.log("warning", faultText(name, { kind: "vridConflict", id, rival }));
  }
  return changed;
}
