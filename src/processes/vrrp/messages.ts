// What only the vrrp process and its parent say to each other.

import type { Micros } from "../../lib/micros.ts";
import type { ScriptOutcome } from "../../lib/script.ts";
import type { Notification } from "../../notify/notifications.ts";

/** What the parent sends. */
export interface VrrpOrder {
  readonly kind: "scriptEnded";
  readonly script: string;
  readonly run: Micros;
  readonly outcome: ScriptOutcome;
}

/** What the vrrp process sends. */
export type VrrpReport =
  | { readonly kind: "runScript"; readonly script: string; readonly run: Micros }
  | { readonly kind: "notify"; readonly notifications: readonly Notification[] }
  /** The interface will carry leased addresses: promote_secondaries is wanted on it. */
  | { readonly kind: "leasedInterface"; readonly interface: string };
