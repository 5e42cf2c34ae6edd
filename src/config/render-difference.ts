// What a reload changes, as lines for the log.

import type { ConfigDifference, Difference, Kept } from "./diff.ts";

/**
 * One line for each object that is new, gone or different, with the keywords that mean something else now; none when
 * nothing is. Values are not shown: some are secret.
 */
export function renderDifference({ global, instances, scripts }: ConfigDifference): string[] {
  return [
    ...keptLine("global_defs", global),
    ...differenceLines("vrrp_script", scripts),
    ...differenceLines("vrrp_instance", instances),
  ];
}

function differenceLines<T extends { readonly name: string }>(
  kind: string,
  { added, removed, kept }: Difference<T>,
): string[] {
  return [
    ...removed.map(({ name }) => `${kind} ${name} is gone`),
    ...added.map(({ name }) => `${kind} ${name} is new`),
    ...kept.flatMap((entry) => keptLine(`${kind} ${entry.after.name}`, entry)),
  ];
}

function keptLine<T>(what: string, { changed }: Kept<T>): string[] {
  if (changed.length === 0) return [];
  const words = new Set(changed.map((field) => keywordOf(String(field))));
  return [`${what} changes: ${[...words].join(", ")}`];
}

/** Fields that are not called as their keyword is; those of several keywords have the stem of these. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ["addresses", "virtual_ipaddress"],
  ["excludedAddresses", "virtual_ipaddress_excluded"],
  ["trackInterfaces", "track_interface"],
  ["trackScripts", "track_script"],
  ["unicastPeers", "unicast_peer"],
  ["mcastGroup", "mcast_dst_ip"],
  ["lowerPrioNoAdvert", "lower_prio_no_advert"],
  ["garp", "garp_…"],
  ["notify", "notify_…"],
  ["notifyAny", "notify"],
  ["trackPrimary", "dont_track_primary"],
  ["vrrpProcess", "vrrp_priority and the like"],
  ["command", "script"],
  ["reverse", "weight"],
]);

/** What users write for a field: `advertIntMicros` is `advert_int`. */
function keywordOf(field: string): string {
  const stem = field.replace(/Micros$/, "");
  return WORDS.get(stem) ?? stem.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
