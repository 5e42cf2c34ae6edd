// The reasons for which received adverts are refused, or noted although accepted: the counter and the log line of each,
// in keepalived's wording.

import type { Ip } from "../../lib/ip.ts";
import type { CounterName } from "./counters.ts";

/** Why an advert was refused: the name of its counter. */
export type RefusalReason = Extract<
  CounterName,
  | "packetLenErr"
  | "ipTtlErr"
  | "versionErr"
  | "invalidAuthtype"
  | "authtypeMismatch"
  | "authFailure"
  | "advertIntervalErr"
  | "invalidTypeRcvd"
  | "checksumErr"
  | "castErr"
  | "ownerIgnored"
  | "unicastSourceErr"
>;

/** The kinds of destination that `castErr` names. */
export const MULTICAST = 0;
export const UNICAST = 1;

/** The parts of a log line about a refusal; the numbers are values of the field in question. */
export interface RefusalFacts {
  readonly name: string;
  readonly source: Ip;
  readonly version: 2 | 3;
  readonly received: number;
  readonly expected: number;
}

interface RefusalRow {
  /** Whether the packet counts as a received advert too, since its message is right. */
  readonly counted: boolean;
  readonly text: (facts: RefusalFacts) => string;
}

/** A row for each reason, in the order of the checks. */
export const REFUSALS: { readonly [reason in RefusalReason]: RefusalRow } = {
  packetLenErr: {
    counted: false,
    text: ({ name, source, received, expected }) =>
      `(${name}) vrrp packet from ${source} too ${received > expected ? "long" : "short"}, ` +
      `length ${received} and expect ${expected}`,
  },
  ipTtlErr: {
    counted: false,
    text: ({ name, source, received, expected }) =>
      `(${name}) invalid TTL/HL from ${source}. Received ${received} and expect ${expected}`,
  },
  versionErr: {
    counted: false,
    text: ({ name, source, received, expected }) =>
      `(${name}) wrong VRRP version from ${source}. Received ${received} and expect ${expected}`,
  },
  invalidAuthtype: {
    counted: false,
    text: ({ name, source, received }) => `(${name}) Invalid auth type from ${source}: ${received}`,
  },
  authtypeMismatch: {
    counted: false,
    text: ({ name, source, received, expected }) =>
      `(${name}) received a ${received} auth from ${source}, expecting ${expected}!`,
  },
  authFailure: {
    counted: false,
    text: ({ name, source }) => `(${name}) received an invalid passwd from ${source}!`,
  },
  advertIntervalErr: {
    counted: false,
    text: ({ name, source, version, received, expected }) =>
      version === 2
        ? `(${name}) advertisement interval mismatch with ${source} mine=${expected} sec rcv'd=${received} sec`
        : intervalText(name, expected, received),
  },
  invalidTypeRcvd: {
    counted: false,
    text: ({ name, source, received, expected }) =>
      `(${name}) Invalid packet type from ${source}. ${received} and expect ${expected}`,
  },
  checksumErr: {
    counted: false,
    text: ({ name, source, version }) =>
      `(${name}) Invalid VRRPv${version} checksum from ${source}`,
  },
  castErr: {
    counted: false,
    text: ({ name, source, expected }) =>
      expected === UNICAST
        ? `(${name}) Expected unicast packet but received multicast packet from ${source}`
        : `(${name}) Expected multicast packet but received unicast packet from ${source}`,
  },
  ownerIgnored: {
    counted: false,
    text: ({ name, source }) =>
      `(${name}) Dropping packet(s) from ${source} since we are address owner`,
  },
  unicastSourceErr: {
    counted: true,
    text: ({ name, source }) => `(${name}) unicast source address ${source} not a unicast peer`,
  },
};

/** A peculiarity of an advert that was accepted nevertheless. */
export type NoteReason = "advertIntervalDiffers" | "addrListErr";

/** The counter of each note; keepalived does not count a different interval in version 3. */
export const NOTES: { readonly [reason in NoteReason]: CounterName | undefined } = {
  advertIntervalDiffers: undefined,
  addrListErr: "addrListErr",
};

/** The line for an interval of version 3 that is not ours; both in centiseconds. */
export function intervalText(name: string, ours: number, received: number): string {
  return `(${name}) advertisement interval mismatch ours = ${ours} centi-sec rcv'd=${received} centi-sec`;
}

/** The line for a list of addresses of another length. */
export function listLengthText(name: string, ours: number, received: number): string {
  return `(${name}) expected ${ours} VIPs but received ${received}`;
}

/** The line for a list of addresses without our `missing` one. */
export function missingAddressText(
  name: string,
  virtualRouterId: number,
  source: Ip,
  missing: Ip,
): string {
  return (
    `(${name}) ip address associated with VRID ${virtualRouterId} ` +
    `not present in advert from ${source}: ${missing}`
  );
}
