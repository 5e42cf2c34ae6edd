// Resolves the addresses of an instance: their interfaces, and how many fit into an advert.

import type { Placed } from "../keyword/keyword.ts";
import { warnOfAddress } from "./address-warnings.ts";
import type { InstanceContext } from "./instance-context.ts";
import { familyOf } from "./instance-family.ts";
import type { VirtualAddress } from "./types.ts";
import type { AddressDraft } from "./virtual-address.ts";

const DEFAULT_MTU = 1500;
/** RFC 9568 5.2.5: eight bits. */
const MAX_ADDRESSES = 255;
const IPV4_OCTETS = 4;
/** keepalived also counts the Ethernet header: 14 + 20 of IPv4 + 8 of VRRP, and 8 of authentication data in version 2. */
const OVERHEAD_V3 = 42;
const OVERHEAD_V2 = 50;

/** The addresses to advertise, and those that are only held. */
export function resolveAddresses(
  context: InstanceContext,
  ownInterface: string | undefined,
): { addresses: VirtualAddress[]; excludedAddresses: VirtualAddress[] } {
  const { draft, given, version, strict, system, reportAt, requireInterface } = context;
  const place = ({ value, place: at }: Placed<AddressDraft>): VirtualAddress | undefined => {
    const address = { ...value, interface: value.interface ?? ownInterface ?? "" };
    warnOfAddress(context, address, at);
    const name = value.interface;
    if (name === undefined) return address;
    const log = `WARNING - interface ${name} for ip address ${value.address} doesn't exist`;
    return requireInterface(name, at, log) ? address : undefined;
  };
  const present = (address: VirtualAddress | undefined): address is VirtualAddress =>
    address !== undefined;
  let addresses = (given.addresses ?? []).map(place).filter(present);
  let excludedAddresses = (given.excludedAddresses ?? []).map(place).filter(present);

  const mtu =
    (ownInterface === undefined ? undefined : system.interface(ownInterface)?.mtu) ?? DEFAULT_MTU;
  const overhead = version === 2 ? OVERHEAD_V2 : OVERHEAD_V3;
  const room = Math.max(0, Math.min(MAX_ADDRESSES, Math.floor((mtu - overhead) / IPV4_OCTETS)));
  if (addresses.length > room) {
    const message = `only ${room} addresses fit into an advert; the other ${addresses.length - room} are held but not advertised`;
    const log = `Number of VIPs (${addresses.length}) exceeds maximum/space available in packet (max ${room} addresses) - excess moved to eVIPs`;
    reportAt("addresses-moved", "virtual_ipaddress", message, log);
    excludedAddresses = [...excludedAddresses, ...addresses.slice(room)];
    addresses = addresses.slice(0, room);
  }
  // Refused and ignored addresses do not count as missing.
  const had = (given.addresses ?? []).length > 0 || familyOf(draft) === 6;
  if (addresses.length === 0 && !had && (given.noVirtualIpaddress !== true || strict)) {
    if (version === 3 || strict) {
      const message = "'virtual_ipaddress' needs at least one address";
      reportAt(
        "no-addresses",
        "virtual_ipaddress",
        message,
        "No VIP specified; at least one is required",
      );
    } else {
      const message = "there is no 'virtual_ipaddress'";
      reportAt(
        "no-addresses-v2",
        "virtual_ipaddress",
        message,
        "No VIP specified; at least one is sensible",
      );
    }
  }
  return { addresses, excludedAddresses };
}
