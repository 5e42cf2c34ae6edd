// Logs instances of one VRID whose interfaces have come to share a network, which was not so when the file was read.

import type { InstanceConfig } from "../config/config.ts";
import { findDuplicateIds, type InterfacePlace } from "../config/duplicate-ids.ts";
import type { Ip } from "../lib/ip.ts";
import type { Log } from "../lib/log.ts";

/** What is known of the interfaces. */
export interface Surroundings {
  /** As of `InterfaceFacts`; undefined while there is no such interface. */
  segments(interfaceName: string): readonly string[] | undefined;
  /** Its own first IPv4 address. */
  ipv4(interfaceName: string): Ip | undefined;
}

/** Remembers which conflicts it logged. */
export class VridConflicts {
  readonly #log: Log;
  #logged: ReadonlySet<string> = new Set();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Logs each conflict that was not there with the last call. */
  check(instances: readonly InstanceConfig[], network: Surroundings): void {
    const places = placesOf(instances, network);
    const found =
      places === undefined ? [] : findDuplicateIds(instances, (name) => places.get(name));
    const lines = found.map(
      ({ first, second }) =>
        `VRID conflict between ${second.name} and ${first.name} IPv4 vrid ${second.virtualRouterId}`,
    );
    for (const line of lines) if (!this.#logged.has(line)) this.#log("warning", line);
    this.#logged = new Set(lines);
  }
}

/** By interface; undefined when no two of them share a network, as nearly always: then there is nothing to compare. */
function placesOf(
  instances: readonly InstanceConfig[],
  network: Surroundings,
): Map<string, InterfacePlace> | undefined {
  const names = [...new Set(instances.map((instance) => instance.interface))];
  const segments = new Map(names.map((name) => [name, network.segments(name) ?? [name]]));
  const all = [...segments.values()].flat();
  if (new Set(all).size === all.length) return undefined;
  return new Map(
    [...segments].map(([name, own]) => [name, { segments: own, ipv4: network.ipv4(name) }]),
  );
}
