// The kernel's interfaces in the engine's terms. The configuration decides which of their addresses are floating.

import type { VrrpPart } from "../../config/config.ts";
import { allAddresses, OWNER_PRIORITY, type VirtualAddress } from "../../config/vrrp/types.ts";
import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import { ipFamily } from "../../lib/ip.ts";
import { addressKey, hostKey } from "../../lib/prefix.ts";
import { type Address, isMarked } from "../../netlink/address.ts";
import type { LinkState, NetworkMonitor } from "../../netlink/monitor.ts";
import { segmentsOf } from "../../netlink/segments.ts";
import type { InterfaceState } from "../../vrrp/event.ts";

/** The floating addresses of a configuration, each on its interface. */
export interface FloatingAddresses {
  /** Keys with prefix lengths. */
  readonly prefixes: ReadonlySet<string>;
  /** Keys without prefix lengths. */
  readonly hosts: ReadonlySet<string>;
  /** Those of `hosts` that this node owns (priority 255). */
  readonly owned: ReadonlySet<string>;
}

/** The floating addresses of `part`: virtual_ipaddress and virtual_ipaddress_excluded. */
export function floatingAddresses({ instances }: VrrpPart): FloatingAddresses {
  const owners = instances.filter(({ priority }) => priority === OWNER_PRIORITY);
  return {
    prefixes: keysOf(instances, addressKey),
    hosts: keysOf(instances, hostKey),
    owned: keysOf(owners, hostKey),
  };
}

/** Whether `address`, with its prefix length, is floating on the interface `name`. */
export function isFloating(name: string, address: Address, floating: FloatingAddresses): boolean {
  return floating.prefixes.has(addressKey({ ...address, interface: name }));
}

/** The state of every interface in `table`. */
export function interfaceStates(
  table: NetworkMonitor,
  floating: FloatingAddresses,
): InterfaceState[] {
  return [...table.links()].map((link) => interfaceState(link, table, floating));
}

/** The state of `link`, with its addresses in `table`. */
export function interfaceState(
  link: LinkState,
  table: NetworkMonitor,
  { hosts, owned }: FloatingAddresses,
): InterfaceState {
  const addresses = table.addresses(link.index);
  const ipv4 = addresses.filter((entry) => ipFamily(entry.address) === 4);
  const isAmong = (keys: ReadonlySet<string>, { address }: Address): boolean =>
    keys.has(hostKey({ interface: link.name, address }));
  // Floating addresses come and go, so they are not used as the source. Exception: those of an owner, which may have no
  // other address.
  const own = ipv4.filter((entry) => isAmong(owned, entry));
  const source =
    ipv4.find((entry) => !isAmong(hosts, entry)) ?? own.find((entry) => !isMarked(entry)) ?? own[0];
  return {
    name: link.name,
    up: link.up,
    ipv4: source?.address,
    addresses: addresses.map((entry) => {
      const { address, prefixLength } = entry;
      return { address, prefixLength, isMarked: isMarked(entry) };
    }),
    mtu: link.mtu,
    mac: link.mac,
    segments: segmentsOf(link, (index) => table.linkByIndex(index)),
  };
}

function keysOf(
  instances: readonly InstanceConfig[],
  keyOf: (entry: VirtualAddress) => string,
): Set<string> {
  return new Set(instances.flatMap((instance) => allAddresses(instance).map(keyOf)));
}
