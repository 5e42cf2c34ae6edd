// What a reload would change: for plans, for the log, and to refuse what only a restart can change.

import type { Config, GlobalConfig, InstanceConfig, ScriptConfig } from "./config.ts";

/** An object that both configurations have, and the fields in which they differ; none when it stays as it is. */
export interface Kept<T> {
  readonly before: T;
  readonly after: T;
  readonly changed: readonly (keyof T & string)[];
}

export interface Difference<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
  readonly kept: readonly Kept<T>[];
}

export interface ConfigDifference {
  readonly global: Kept<GlobalConfig>;
  /** Matched by what they are on the wire, whatever their names. */
  readonly instances: Difference<InstanceConfig>;
  /** Matched by name. */
  readonly scripts: Difference<ScriptConfig>;
}

/** What is different in `after`. */
export function diffConfigs(before: Config, after: Config): ConfigDifference {
  return {
    global: compare(before.global, after.global),
    instances: diffBy(instanceIdentity, before.instances, after.instances),
    scripts: diffBy((script) => script.name, before.scripts, after.scripts),
  };
}

/**
 * The same for two instances that are one virtual router: equal VRID and interface, and equal unicast addresses or
 * multicast group.
 */
export function instanceIdentity(instance: InstanceConfig): string {
  const { interface: name, virtualRouterId, unicastPeers, unicastSrcIp, mcastGroup } = instance;
  const to = unicastPeers.length > 0 ? [unicastSrcIp, ...unicastPeers] : [mcastGroup];
  return JSON.stringify([name, virtualRouterId, to]);
}

/** What a reload can't change but `after` does, in the words for "Cannot change … at a reload". */
export function reloadObstacles(before: GlobalConfig, after: GlobalConfig): string[] {
  const obstacles: string[] = [];
  if (before.netNamespace !== after.netNamespace) obstacles.push("network namespace");
  if (before.instance !== after.instance) obstacles.push("instance name");
  return obstacles;
}

function diffBy<T extends object>(
  identity: (item: T) => string,
  before: readonly T[],
  after: readonly T[],
): Difference<T> {
  const known = new Map(before.map((item) => [identity(item), item]));
  const added: T[] = [];
  const kept: Kept<T>[] = [];
  for (const item of after) {
    const id = identity(item);
    const match = known.get(id);
    known.delete(id);
    if (match === undefined) added.push(item);
    else kept.push(compare(match, item));
  }
  return { added, removed: [...known.values()], kept };
}

function compare<T extends object>(before: T, after: T): Kept<T> {
  const keys = Object.keys(after) as (keyof T & string)[];
  const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  return { before, after, changed };
}
