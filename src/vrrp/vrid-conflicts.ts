// Instances of one VRID whose interfaces have come to share a network, which was not so when the file was read: other
// nodes could not tell them apart, so only the one that was there first takes part.

import type { InstanceConfig } from "../config/config.ts";
import { findDuplicateIds } from "../config/vrrp/duplicate-ids.ts";
import type { InterfaceTable } from "./tracking/tracking.ts";

/** The conflicts of one node. */
export class VridConflicts {
  /** By instance: the other one, which keeps the VRID. */
  #rivals: ReadonlyMap<string, string> = new Map();
  /** Instances that had an interface and no conflict. */
  #settled: ReadonlySet<string> = new Set();

  /** The instance that has the VRID in place of the instance `name`. */
  rivalOf(name: string): string | undefined {
    return this.#rivals.get(name);
  }

  /**
   * Looks for conflicts anew, and returns the instances whose rival is another one than before. Of two that come
   * together the later one of the configuration is in conflict.
   */
  update(instances: readonly InstanceConfig[], interfaces: InterfaceTable): InstanceConfig[] {
    const before = this.#rivals;
    const isNew = ({ name }: InstanceConfig): number => (this.#settled.has(name) ? 0 : 1);
    const placed = instances.filter((instance) => interfaces.has(instance.interface));
    const found = sharesNetwork(placed, interfaces)
      ? findDuplicateIds(
          placed.toSorted((a, b) => isNew(a) - isNew(b)),
          (name) => interfaces.get(name),
        )
      : [];
    const rivals = new Map(found.map(({ first, second }) => [second.name, first.name]));
    this.#rivals = rivals;
    const names = placed.map(({ name }) => name);
    this.#settled = new Set(names.filter((name) => !rivals.has(name)));
    return instances.filter(({ name }) => rivals.get(name) !== before.get(name));
  }
}

/** Whether two of their interfaces share a network: nearly always there is nothing to compare. */
function sharesNetwork(instances: readonly InstanceConfig[], interfaces: InterfaceTable): boolean {
  const names = new Set(instances.map((instance) => instance.interface));
  const segments = [...names].flatMap((name) => interfaces.get(name)?.segments ?? []);
  return new Set(segments).size < segments.length;
}
