// Types of the values of a vrrp_instance.

import type { Ip } from "../../lib/ip.ts";
import type { Prefix } from "../../lib/prefix.ts";

/** RFC 9568 5.2.4: the priority of the owner of the addresses. */
export const OWNER_PRIORITY = 255;

/** The maximum number of instances of a node. */
export const MAXIMUM_INSTANCES = 16_384;

/**
 * The maximum number of floating addresses on one interface. To set or renew one, the kernel searches all addresses of
 * the interface: 4,000 take 0.2 s, 20,000 several seconds, and adverts wait meanwhile.
 */
export const MAXIMUM_ADDRESSES = 4_096;

/** `vip_lease`: `auto` follows the advertisement interval, `off` makes addresses permanent, else whole seconds. */
export type VipLease = "auto" | "off" | number;

export interface TrackConfig {
  /** The name of the script or interface. */
  readonly name: string;
  /** Zero: a failure puts the instance in fault. */
  readonly weight: number;
  readonly reverse: boolean;
}

/** A floating address. */
export interface VirtualAddress extends Prefix {
  readonly interface: string;
  /** RT_SCOPE_* of rtnetlink.h. */
  readonly scope: number;
  readonly label: string | undefined;
  readonly broadcast: Ip | undefined;
  readonly noTrack: boolean;
}

/** All floating addresses of an instance, the excluded ones last. */
export function allAddresses({
  addresses,
  excludedAddresses,
}: {
  readonly addresses: readonly VirtualAddress[];
  readonly excludedAddresses: readonly VirtualAddress[];
}): readonly VirtualAddress[] {
  return [...addresses, ...excludedAddresses];
}

export type NotifyEvent = "master" | "backup" | "fault" | "stop" | "deleted" | "masterRxLowerPri";
