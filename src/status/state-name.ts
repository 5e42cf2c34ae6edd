// The names and numbers of the engine's states for users, scripts and tools.

import type { InstanceSnapshot } from "../vrrp/snapshot.ts";

interface StateWord {
  readonly name: "INIT" | "BACKUP" | "MASTER" | "FAULT";
  /** The number in keepalived's JSON, which exporters use. */
  readonly number: number;
}

/** keepalived's names of RFC 9568's states. */
export const STATE_WORDS: { readonly [state in InstanceSnapshot["state"]]: StateWord } = {
  initialize: { name: "INIT", number: 0 },
  backup: { name: "BACKUP", number: 1 },
  active: { name: "MASTER", number: 2 },
  fault: { name: "FAULT", number: 3 },
};
