// Checks across the instances of a node: VRIDs, interfaces, numbers of addresses, leases, untracked scripts.

import { counted } from "../../lib/counted.ts";
import { type Ip, ipFamily } from "../../lib/ip.ts";
import { formatSeconds } from "../../lib/micros.ts";
import type { Place } from "../diagnostic/diagnostic.ts";
import { type Report, wholeFile } from "../diagnostic/report.ts";
import type { GlobalConfig } from "../global/global-config.ts";
import type { Drafts } from "../keyword/row.ts";
import { nearest } from "../keyword/similar.ts";
import type { InterfaceFacts, System } from "../keyword/system.ts";
import type { Shared } from "../subsystem.ts";
import { findDuplicateIds, type InterfacePlace } from "./duplicate-ids.ts";
import { familyOf } from "./instance-family.ts";
import { isLeaseSafe, leaseEnd, leaseSeconds, peersWait } from "./lease.ts";
import { allAddresses, MAXIMUM_ADDRESSES } from "./types.ts";
import type { InstanceConfig, InstanceGiven } from "./vrrp-config.ts";

/** Reports problems across `instances`. `runnable`: whether a script may be run, by name. */
export function reportNodeProblems(
  instances: readonly InstanceConfig[],
  runnable: ReadonlyMap<string, boolean>,
  drafts: Drafts,
  { global, system, report }: Shared,
): void {
  warnOfLeases(instances, global, drafts, report);
  reportTooManyAddresses(instances, drafts, report);
  reportDuplicateIds(instances, drafts, system, report);
  reportAwaited(instances, drafts, system, report);
  reportUnused(drafts, runnable, report);
}

/** The place where the instance `name` sets `keyword`, or where it begins. */
function placeIn(drafts: Drafts, name: string, keyword: string): Place {
  const own = drafts.of("vrrp_instance").get(name);
  return own?.at.get(keyword) ?? own?.place ?? wholeFile("");
}

/** Reports each interface once, at the instance that exceeds the limit. */
function reportTooManyAddresses(
  instances: readonly InstanceConfig[],
  drafts: Drafts,
  report: Report,
): void {
  const counts = new Map<string, number>();
  for (const instance of instances) {
    for (const { interface: name } of allAddresses(instance)) {
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      if (count !== MAXIMUM_ADDRESSES + 1) continue;
      const place = placeIn(drafts, instance.name, "virtual_ipaddress");
      const message = `there are more than ${MAXIMUM_ADDRESSES} addresses on '${name}': the kernel could not renew them in time`;
      report("too-many-addresses", place, message, { object: `vrrp_instance ${instance.name}` });
    }
  }
}

/** Reports instances whose adverts other nodes cannot distinguish. */
function reportDuplicateIds(
  instances: readonly InstanceConfig[],
  drafts: Drafts,
  system: System,
  report: Report,
): void {
  // IPv6 instances are refused for their family.
  const instanceDrafts = drafts.of("vrrp_instance");
  const ofFamily = instances.filter(({ name }) => {
    const draft = instanceDrafts.get(name);
    return draft === undefined || familyOf(draft) !== 6;
  });
  const placeOf = (name: string): InterfacePlace | undefined => {
    const facts = system.interface(name);
    return facts && { segments: facts.segments, ipv4: ownIpv4(facts) };
  };
  for (const { first, second, segment } of findDuplicateIds(ofFamily, placeOf)) {
    const { virtualRouterId: id, interface: name } = second;
    const suffix = name === first.interface ? "" : `, which shares its network with '${name}'`;
    const message = `instance '${first.name}' already uses VRID ${id} on '${first.interface}'${suffix}`;
    // A network in another namespace has no name here.
    const on = segment.includes("/") ? name : segment;
    const log =
      second.unicastPeers.length > 0
        ? `(${first.name}) duplicate VRID conflict with ${second.name} VRID ${id}`
        : `${first.name} and ${second.name} both use VRID ${id} with IPv4 on interface ${on}`;
    report("duplicate-vrid", placeIn(drafts, second.name, "virtual_router_id"), message, {
      object: `vrrp_instance ${second.name}`,
      log,
    });
  }
}

function ownIpv4({ addresses }: InterfaceFacts): Ip | undefined {
  return addresses.find(({ address }) => ipFamily(address) === 4)?.address;
}

/** With `dynamic_interfaces`, holdfast would also wait for a misspelt interface. */
function reportAwaited(
  instances: readonly InstanceConfig[],
  drafts: Drafts,
  system: System,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const instance of instances) {
    for (const [keyword, on] of interfacesOf(instance)) {
      if (seen.has(on) || system.interface(on) !== undefined) continue;
      seen.add(on);
      const place = placeIn(drafts, instance.name, keyword);
      report(
        "interface-awaited",
        place,
        `there is no interface '${on}' yet; the instance waits for it`,
        {
          object: `vrrp_instance ${instance.name}`,
          log: `Configuration specifies interface ${on} which doesn't currently exist - will use if created`,
          suggestion: () => nearest(on, system.interfaceNames),
        },
      );
    }
  }
}

/** The interfaces that an instance names, each with its keyword. */
function interfacesOf(instance: InstanceConfig): (readonly [keyword: string, name: string])[] {
  const { interface: own, addresses, excludedAddresses, trackInterfaces } = instance;
  return [
    ["interface", own],
    ...addresses.map((entry) => ["virtual_ipaddress", entry.interface] as const),
    ...excludedAddresses.map((entry) => ["virtual_ipaddress_excluded", entry.interface] as const),
    ...trackInterfaces.map((entry) => ["track_interface", entry.name] as const),
  ];
}

function reportUnused(
  drafts: Drafts,
  runnable: ReadonlyMap<string, boolean>,
  report: Report,
): void {
  const named = new Set(
    [...drafts.of("vrrp_instance").values()].flatMap(({ given }) =>
      ((given as InstanceGiven).trackScripts ?? []).map(({ value }) => value.name),
    ),
  );
  for (const script of drafts.of("vrrp_script").values()) {
    if (named.has(script.name) || runnable.get(script.name) !== true) continue;
    const object = `vrrp_script ${script.name}`;
    report("script-unused", script.place, "no instance tracks this script; it is not run", {
      object,
      log: `Warning - script ${script.name} is not used`,
    });
  }
}

/** Reports once that a lease may end too late: with short intervals, a backup can take over before it ends. */
function warnOfLeases(
  instances: readonly InstanceConfig[],
  { vipLease }: GlobalConfig,
  drafts: Drafts,
  report: Report,
): void {
  const late = instances.flatMap((instance) => {
    const { advertIntMicros: interval, downTimerAdverts } = instance;
    const seconds = leaseSeconds(vipLease, interval, downTimerAdverts);
    const isSafe = seconds === undefined || isLeaseSafe(seconds, interval, downTimerAdverts);
    return isSafe ? [] : [{ instance, seconds }];
  });
  const [first] = late;
  if (first === undefined) return;
  const { name, advertIntMicros, downTimerAdverts } = first.instance;
  const place = placeIn(drafts, name, "advert_int");
  const end = formatSeconds(leaseEnd(first.seconds));
  const wait = formatSeconds(peersWait(advertIntMicros, downTimerAdverts));
  const others = late.length - 1;
  const message =
    `after a crash of this node its addresses may stay for ${end} s, but a backup may take over after ${wait} s and the skew` +
    (others === 0 ? "" : `; the same holds for ${counted(others, "other instance")}`);
  report("slow-lease", place, message, { object: `vrrp_instance ${name}` });
}
