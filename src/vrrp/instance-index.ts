// Which instances an event concerns.

import { addressKey } from "../lib/prefix.ts";
import type { Instance } from "./router/instance.ts";
import { trackedInterfaces } from "./tracking/tracking.ts";

export interface InstanceIndex {
  readonly byName: ReadonlyMap<string, Instance>;
  /** By interface, then by virtual router id. `findRouter` picks the one that a packet is for. */
  readonly byRouter: ReadonlyMap<string, readonly (readonly Instance[] | undefined)[]>;
  /** Unicast instances of all interfaces, by virtual router id. */
  readonly unicastByRouter: ReadonlyMap<number, readonly Instance[]>;
  /** Instances that send on an interface or track it. */
  readonly byInterface: ReadonlyMap<string, readonly Instance[]>;
  /** Instances with floating addresses on an interface. */
  readonly byAddressInterface: ReadonlyMap<string, readonly Instance[]>;
  /** By `addressKey`. */
  readonly byAddress: ReadonlyMap<string, Instance>;
  readonly byScript: ReadonlyMap<string, readonly Instance[]>;
}

/** The index of `instances` by their present configurations. */
export function indexInstances(instances: readonly Instance[]): InstanceIndex {
  const byName = new Map<string, Instance>();
  const byRouter = new Map<string, Instance[][]>();
  const unicastByRouter = new Map<number, Instance[]>();
  const byInterface = new Map<string, Instance[]>();
  const byAddressInterface = new Map<string, Instance[]>();
  const byAddress = new Map<string, Instance>();
  const byScript = new Map<string, Instance[]>();
  for (const instance of instances) {
    const { config, floating } = instance;
    byName.set(config.name, instance);
    const routers = byRouter.get(config.interface) ?? [];
    byRouter.set(config.interface, routers);
    const same = routers[config.virtualRouterId] ?? [];
    routers[config.virtualRouterId] = same;
    same.push(instance);
    if (instance.expectation.unicast) append(unicastByRouter, config.virtualRouterId, instance);
    const interfaces = [config.interface, ...trackedInterfaces(config).map(({ name }) => name)];
    for (const name of new Set(interfaces)) append(byInterface, name, instance);
    const carriers = new Set(floating.all.map((entry) => entry.interface));
    for (const name of carriers) append(byAddressInterface, name, instance);
    for (const entry of floating.all) byAddress.set(addressKey(entry), instance);
    for (const { name } of config.trackScripts) append(byScript, name, instance);
  }
  return {
    byName,
    byRouter,
    unicastByRouter,
    byInterface,
    byAddressInterface,
    byAddress,
    byScript,
  };
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}
