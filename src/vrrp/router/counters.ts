// The counters of a VRRP instance. Each reason for a refusal has the name of its counter.

export interface CounterRow {
  /** Its name in keepalived's JSON dump; undefined if only holdfast has it. */
  readonly statsName: string | undefined;
  /** A description for users. */
  readonly title: string;
}

export type CounterName =
  | "advertRcvd"
  | "advertSent"
  | "becomeMaster"
  | "releaseMaster"
  | "packetLenErr"
  | "advertIntervalErr"
  | "ipTtlErr"
  | "invalidTypeRcvd"
  | "addrListErr"
  | "invalidAuthtype"
  | "authtypeMismatch"
  | "authFailure"
  | "priZeroRcvd"
  | "priZeroSent"
  | "versionErr"
  | "checksumErr"
  | "castErr"
  | "unicastSourceErr"
  | "ownerIgnored";

export const COUNTERS: { readonly [name in CounterName]: CounterRow } = {
  advertRcvd: { statsName: "advert_rcvd", title: "adverts received" },
  advertSent: { statsName: "advert_sent", title: "adverts sent" },
  becomeMaster: { statsName: "become_master", title: "became MASTER" },
  releaseMaster: { statsName: "release_master", title: "released MASTER" },
  packetLenErr: { statsName: "packet_len_err", title: "wrong length" },
  advertIntervalErr: { statsName: "advert_interval_err", title: "wrong advertisement interval" },
  ipTtlErr: { statsName: "ip_ttl_err", title: "wrong TTL" },
  invalidTypeRcvd: { statsName: "invalid_type_rcvd", title: "unknown message type" },
  addrListErr: { statsName: "addr_list_err", title: "other address list" },
  invalidAuthtype: { statsName: "invalid_authtype", title: "unknown authentication type" },
  authtypeMismatch: { statsName: "authtype_mismatch", title: "other authentication type" },
  authFailure: { statsName: "auth_failure", title: "wrong password" },
  priZeroRcvd: { statsName: "pri_zero_rcvd", title: "priority zero received" },
  priZeroSent: { statsName: "pri_zero_sent", title: "priority zero sent" },
  versionErr: { statsName: undefined, title: "other VRRP version" },
  checksumErr: { statsName: undefined, title: "wrong checksum" },
  castErr: { statsName: undefined, title: "multicast instead of unicast, or the reverse" },
  unicastSourceErr: { statsName: undefined, title: "source is no unicast peer" },
  ownerIgnored: { statsName: undefined, title: "ignored as the address owner" },
};

export const COUNTER_NAMES: readonly CounterName[] = Object.keys(COUNTERS) as CounterName[];

/** The counts since the start of the instance. */
export type Counters = { [name in CounterName]: number };

/** Counters with all values zero. */
export function newCounters(): Counters {
  return Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0])) as Counters;
}
