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
  /** Matched by `matchInstances`. */
  readonly instances: Difference<InstanceConfig>;
  /** Matched by name. */
  readonly scripts: Difference<ScriptConfig>;
}

/** What is different in `after`. */
export function diffConfigs(before: Config, after: Config): ConfigDifference {
  return {
    global: compare(before.global, after.global),
    instances: difference(
      before.vrrp.instances,
      after.vrrp.instances,
      matchInstances(before.vrrp.instances, after.vrrp.instances),
    ),
    scripts: difference(
      before.vrrp.scripts,
      after.vrrp.scripts,
      matchBy((script) => script.name, before.vrrp.scripts, after.vrrp.scripts),
    ),
  };
}

/**
 * For those of `after` that go on as one of `before`: which one. An instance stays itself while VRID, interface and
 * unicast peers (or the multicast group) stay, whatever its name; and, as with keepalived, while VRID, interface and
 * name stay and it goes on with unicast: peers come and go, and the addresses must not leave for that.
 */
export function matchInstances(
  before: readonly InstanceConfig[],
  after: readonly InstanceConfig[],
): Map<InstanceConfig, InstanceConfig> {
  const matches = matchBy(wireIdentity, before, after);
  const matched = new Set(matches.values());
  const restBefore = before.filter((instance) => isUnicast(instance) && !matched.has(instance));
  const restAfter = after.filter((instance) => isUnicast(instance) && !matches.has(instance));
  for (const [wanted, known] of matchBy(nameOnRouter, restBefore, restAfter)) {
    matches.set(wanted, known);
  }
  return matches;
}

function isUnicast({ unicastPeers }: InstanceConfig): boolean {
  return unicastPeers.length > 0;
}

function wireIdentity(instance: InstanceConfig): string {
  const { interface: name, virtualRouterId, unicastPeers, unicastSrcIp, mcastGroup } = instance;
  const to = isUnicast(instance) ? [unicastSrcIp, ...unicastPeers.toSorted()] : [mcastGroup];
  return JSON.stringify([name, virtualRouterId, to]);
}

function nameOnRouter({ name, interface: on, virtualRouterId }: InstanceConfig): string {
  return JSON.stringify([name, on, virtualRouterId]);
}

/** What a reload can't change but `after` does, in the words for "Cannot change … at a reload". */
export function reloadObstacles(before: GlobalConfig, after: GlobalConfig): string[] {
  const obstacles: string[] = [];
  if (before.netNamespace !== after.netNamespace) obstacles.push("network namespace");
  if (before.instance !== after.instance) obstacles.push("instance name");
  return obstacles;
}

function matchBy<T>(
  identity: (item: T) => string,
  before: readonly T[],
  after: readonly T[],
): Map<T, T> {
  const known = new Map(before.map((item) => [identity(item), item]));
  const matches = new Map<T, T>();
  for (const item of after) {
    const id = identity(item);
    const match = known.get(id);
    known.delete(id);
    if (match !== undefined) matches.set(item, match);
  }
  return matches;
}

function difference<T extends object>(
  before: readonly T[],
  after: readonly T[],
  matches: ReadonlyMap<T, T>,
): Difference<T> {
  const matched = new Set(matches.values());
  const added: T[] = [];
  const kept: Kept<T>[] = [];
  for (const item of after) {
    const match = matches.get(item);
    if (match === undefined) added.push(item);
    else kept.push(compare(match, item));
  }
  return { added, removed: before.filter((item) => !matched.has(item)), kept };
}

function compare<T extends object>(before: T, after: T): Kept<T> {
  const keys = Object.keys(after) as (keyof T & string)[];
  const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  return { before, after, changed };
}
