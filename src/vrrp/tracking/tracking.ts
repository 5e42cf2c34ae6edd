// Derives priority and faults of an instance from its tracked scripts and interfaces.

import type { VrrpPart } from "../../config/config.ts";
import { allAddresses, OWNER_PRIORITY, type TrackConfig } from "../../config/vrrp/types.ts";
import type { InstanceConfig, ScriptConfig } from "../../config/vrrp/vrrp-config.ts";
import { unreachable } from "../../lib/assert.ts";
import type { InterfaceState } from "../event.ts";
import { advertSource } from "../router/advert.ts";
import type { Health, ScriptTracker } from "./script-tracker.ts";

/** Why an instance is in fault. */
export type FaultReason =
  | { readonly kind: "interfaceDown"; readonly name: string }
  | { readonly kind: "noAddress" }
  /** Another instance uses its VRID on its network. */
  | { readonly kind: "vridConflict"; readonly id: number; readonly rival: string }
  | { readonly kind: "script"; readonly name: string };

/** The result of an instance's trackers. */
export interface Assessment {
  /** The priority for adverts. */
  readonly priority: number;
  readonly faults: readonly FaultReason[];
  /** A script without a weight has no result yet. */
  readonly isWaiting: boolean;
  /** A script with a weight has no result yet. */
  readonly isUndecided: boolean;
}

export type ScriptTable = ReadonlyMap<string, ScriptTracker>;
export type InterfaceTable = ReadonlyMap<string, InterfaceState>;

const NO_FAULTS: readonly FaultReason[] = [];

/** The log line for the reason of a fault. */
export function faultText(name: string, reason: FaultReason): string {
  switch (reason.kind) {
    case "interfaceDown":
      return `(${name}): entering FAULT state (interface ${reason.name} down)`;
    case "noAddress":
      return `(${name}) entering FAULT state (no IPv4 address for interface)`;
    case "vridConflict":
      return `VRID conflict between ${name} and ${reason.rival} IPv4 vrid ${reason.id}`;
    case "script":
      return `(${name}): entering FAULT state due to script ${reason.name}`;
    default:
      return unreachable(reason);
  }
}

/**
 * The tracked interfaces of an instance, without its own. One with floating addresses must be up regardless of its weight
 * in `track_interface`, since the master would hold unreachable addresses.
 */
export function trackedInterfaces(config: InstanceConfig): readonly TrackConfig[] {
  const carriers = new Set<string>();
  for (const { interface: name, noTrack } of allAddresses(config)) {
    if (!noTrack && name !== config.interface) carriers.add(name);
  }
  return [
    ...config.trackInterfaces.filter(({ name }) => !carriers.has(name)),
    ...[...carriers].map((name) => ({ name, weight: 0, reverse: false })),
  ];
}

/**
 * Computes priority and faults of an instance. The effective priority is the base plus the weights, limited to 1 to 254;
 * an owner's is always 255. A script that must not be run is ignored. `rival`: the instance that uses its VRID on its
 * network.
 */
export function assess(
  config: InstanceConfig,
  scripts: ScriptTable,
  interfaces: InterfaceTable,
  rival: string | undefined,
): Assessment {
  let sum = config.priority;
  let isWaiting = false;
  let isUndecided = false;
  let faults = NO_FAULTS;
  const own = interfaces.get(config.interface);
  if (own === undefined || (config.trackPrimary && !own.up)) {
    faults = [...faults, { kind: "interfaceDown", name: config.interface }];
  } else if (advertSource(config, own.ipv4) === undefined) {
    faults = [...faults, { kind: "noAddress" }];
  }
  if (rival !== undefined) {
    faults = [...faults, { kind: "vridConflict", id: config.virtualRouterId, rival }];
  }
  for (const track of trackedInterfaces(config)) {
    const health = interfaces.get(track.name)?.up === true ? "up" : "down";
    sum += weightOf(track, health);
    if (isFault(track, health)) faults = [...faults, { kind: "interfaceDown", name: track.name }];
  }
  for (const track of config.trackScripts) {
    const script = scripts.get(track.name);
    if (script === undefined) continue;
    const { health } = script;
    if (health === "unknown" && track.weight === 0) isWaiting = true;
    if (health === "unknown" && track.weight !== 0) isUndecided = true;
    sum += weightOf(track, health);
    if (isFault(track, health)) faults = [...faults, { kind: "script", name: track.name }];
  }
  const priority =
    config.priority === OWNER_PRIORITY ? OWNER_PRIORITY : Math.min(Math.max(sum, 1), 254);
  return { priority, faults, isWaiting, isUndecided };
}

/** A positive weight counts while the object is up, a negative one while it is down; `reverse` inverts the sign. */
function weightOf(track: TrackConfig, health: Health): number {
  const counts = track.weight > 0 ? health === "up" : health === "down";
  if (!counts) return 0;
  return track.reverse ? -track.weight : track.weight;
}

function isFault(track: TrackConfig, health: Health): boolean {
  return track.weight === 0 && health === (track.reverse ? "up" : "down");
}

/** The scripts that an instance of `config` tracks and that may be run. */
export function trackedScripts(config: VrrpPart): ScriptConfig[] {
  const tracked = new Set<string>();
  for (const instance of config.instances) {
    for (const { name } of instance.trackScripts) tracked.add(name);
  }
  return config.scripts.filter(
    ({ name, command }) => tracked.has(name) && command.refusal === undefined,
  );
}
