// Renders the statistics file of SIGUSR2 in keepalived's layout, which exporters parse.

import type { Counters } from "../vrrp/router/counters.ts";
import type { NodeSnapshot } from "../vrrp/snapshot.ts";

type Line = readonly [label: string, counter: keyof Counters];
type Section = readonly [title: string, lines: readonly Line[]];

const SECTIONS: readonly Section[] = [
  [
    "Advertisements",
    [
      ["Received", "advertRcvd"],
      ["Sent", "advertSent"],
    ],
  ],
];

const SECTIONS_AFTER_MASTER: readonly Section[] = [
  [
    "Packet Errors",
    [
      ["Length", "packetLenErr"],
      ["TTL", "ipTtlErr"],
      ["Invalid Type", "invalidTypeRcvd"],
      ["Advertisement Interval", "advertIntervalErr"],
      ["Address List", "addrListErr"],
    ],
  ],
  [
    "Authentication Errors",
    [
      ["Invalid Type", "invalidAuthtype"],
      ["Type Mismatch", "authtypeMismatch"],
      ["Failure", "authFailure"],
    ],
  ],
  [
    "Priority Zero",
    [
      ["Received", "priZeroRcvd"],
      ["Sent", "priZeroSent"],
    ],
  ],
];

/** One block per instance. */
export function renderStats(snapshot: NodeSnapshot): string {
  const lines: string[] = [];
  const section = ([title, rows]: Section, counters: Readonly<Counters>): void => {
    lines.push(`  ${title}:`);
    for (const [label, counter] of rows) lines.push(`    ${label}: ${counters[counter]}`);
  };
  for (const { name, counters } of snapshot.instances) {
    lines.push(`VRRP Instance: ${name}`);
    for (const entry of SECTIONS) section(entry, counters);
    lines.push(`  Became master: ${counters.becomeMaster}`);
    lines.push(`  Released master: ${counters.releaseMaster}`);
    for (const entry of SECTIONS_AFTER_MASTER) section(entry, counters);
  }
  return `${lines.join("\n")}\n`;
}
