// Conflicts between instances of one VRID whose interfaces came to share a network after the configuration was read.
// Other nodes could not tell them apart, so only the first of them takes part.

import { findDuplicateIds } from "../config/vrrp/duplicate-ids.ts";
import type { InstanceConfig } from "../config/vrrp/vrrp-config.ts";
import type { InterfaceTable } from "./tracking/tracking.ts";

/** The VRID conflicts of a node. */
export class VridConflicts {
  /** By instance in conflict: the instance that keeps the VRID. */
  #rivals: ReadonlyMap<string, string> = new Map();
  /** Instances that have an interface and no conflict. */
  #settled: ReadonlySet<string> = new Set();

  /** The instance that keeps the VRID of the instance `name`; undefined if there is no conflict. */
  rivalOf(name: string): string | undefined {
    return this.#rivals.get(name);
  }

  /**
   * Looks for conflicts again, and returns the instances whose rival changed. Of two instances that appear together,
   * the later one in the configuration is in conflict.
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

/** Whether any two of their interfaces share a network; nearly always none do. */
function sharesNetwork(instances: readonly InstanceConfig[], interfaces: InterfaceTable): boolean {
  const names = new Set(instances.map((instance) => instance.interface));
  const segments = [...names].flatMap((name) => interfaces.get(name)?.segments ?? []);
  return new Set(segments).size < segments.length;
}
