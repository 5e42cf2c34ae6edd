// Warnings about addresses that are accepted but probably wrong: unusable ones, or the machine's own.

import { type Ip, ipFamily, ipToBytes, isMulticast } from "../../lib/ip.ts";
import { prefixText } from "../../lib/prefix.ts";
import type { Place } from "../diagnostic/diagnostic.ts";
import type { InstanceContext } from "./instance-context.ts";
import { OWNER_PRIORITY, type VirtualAddress } from "./types.ts";

/** Warns of `address` at `place`; like keepalived, the start accepts it. */
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
    : `stays as ${prefixText(first)} even while another node holds it, and no advert is sent from it`;
  const message = `${address.address} is this host's own address on ${name}: below priority ${OWNER_PRIORITY} it ${fate}${only}`;
  report("own-address", place, message);
}

/** Describes `address` if no host can use it (RFC 6890); otherwise undefined. */
function unusableKind(address: Ip): string | undefined {
  if (ipFamily(address) !== 4) return undefined;
  if (isMulticast(address)) return "a multicast group";
  const [first = 0] = ipToBytes(address);
  if (first === 0) return "in network 0, which has no addresses";
  if (first === 127) return "a loopback address";
  if (address === "255.255.255.255") return "the broadcast address";
  return first >= 240 ? "in a reserved network" : undefined;
}
