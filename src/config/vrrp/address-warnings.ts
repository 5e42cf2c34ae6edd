// What an address is taken with, but hardly meant as: no host's address, or the machine's own.

import { type Ip, ipFamily, ipToBytes, isMulticast } from "../../lib/ip.ts";
import { prefixText } from "../../lib/prefix.ts";
import type { Place } from "../diagnostic/diagnostic.ts";
import type { InstanceContext } from "./instance-context.ts";
import { OWNER_PRIORITY, type VirtualAddress } from "./types.ts";

/** Warns of `address`, which stands at `place`; the start takes it all the same, as keepalived does. */
export function warnOfAddress(
  { priority, report, system }: InstanceContext,
  address: VirtualAddress,
  place: Place,
): void {
  const { interface: name } = address;
  const what = unusableKind(address.address);
  if (what !== undefined) {
    report("address-unusable", place, `${address.address} is ${what}: no other host can reach it`);
    return;
  }
  const own = system.interface(name)?.addresses ?? [];
  const same = own.filter((other) => other.address === address.address);
  const [first] = same;
  if (priority === OWNER_PRIORITY || first === undefined) return;
  const isOnly = own.filter((other) => ipFamily(other.address) === 4).length === same.length;
  const only = isOnly ? "; without it that interface has no IPv4 address" : "";
  const fate = same.some((other) => other.prefixLength === address.prefixLength)
    ? "is removed at the start"
    : `stays there as ${prefixText(first)} even while another node holds it, and no advert leaves from it`;
  const message = `this host's own address on ${name}: below priority ${OWNER_PRIORITY} it ${fate}${only}`;
  report("own-address", place, message);
}

/** What `address` is when it is no unicast address of a host (RFC 6890). */
function unusableKind(address: Ip): string | undefined {
  if (ipFamily(address) !== 4) return undefined;
  if (isMulticast(address)) return "a multicast group";
  const [first = 0] = ipToBytes(address);
  if (first === 0) return "of network 0, which means no address";
  if (first === 127) return "a loopback address";
  if (address === "255.255.255.255") return "the broadcast address";
  return first >= 240 ? "of a reserved network" : undefined;
}
