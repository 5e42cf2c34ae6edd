// Why received adverts are dropped, in one table: the word is the counter's name and the row makes the log line.

import type { Ip } from "../../lib/ip.ts";
import type { CounterName } from "./counters.ts";

/** Why an advert was dropped: the name of its counter. */
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

/** What `castErr` expects, or got instead. */
export const MULTICAST = 0;
export const UNICAST = 1;

/** What the text of a refusal is made from; the numbers are those of the field in question. */
export interface RefusalFacts {
  readonly name: string;
  readonly source: Ip;
  readonly version: 2 | 3;
  readonly received: number;
  readonly expected: number;
}

interface RefusalRow {
  /** Whether the packet is counted as a received advert first, since the checks of the message were all passed. */
  readonly counted: boolean;
  readonly text: (facts: RefusalFacts) => string;
}

/** One row for each reason, in the order of the checks. */
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

/** The line for an interval of version 3 that is not ours; both in centiseconds. */
export function intervalText(name: string, ours: number, received: number): string {
  return `(${name}) advertisement interval mismatch ours = ${ours} centi-sec rcv'd=${received} centi-sec`;
}
