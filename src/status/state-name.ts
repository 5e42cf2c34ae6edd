// The engine's states as users, scripts and tools see them.

import type { InstanceSnapshot } from "../vrrp/snapshot.ts";

interface StateWord {
  readonly name: "INIT" | "BACKUP" | "MASTER" | "FAULT";
  /** As keepalived's JSON and the exporters number it. */
  readonly number: number;
}

/** RFC 9568's states in keepalived's words. */
export const STATE_WORDS: { readonly [state in InstanceSnapshot["state"]]: StateWord } = {
  initialize: { name: "INIT", number: 0 },
  backup: { name: "BACKUP", number: 1 },
  active: { name: "MASTER", number: 2 },
  fault: { name: "FAULT", number: 3 },
};
