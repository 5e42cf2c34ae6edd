// The messages of the vrrp role, between the vrrp process and the parent.

import type { Micros } from "../../lib/micros.ts";
import type { ScriptOutcome } from "../../lib/script.ts";
import type { Notification } from "../../notify/notifications.ts";

/** From the parent. */
export interface VrrpOrder {
  readonly kind: "scriptEnded";
  readonly script: string;
  readonly run: Micros;
  readonly outcome: ScriptOutcome;
}

/** From the vrrp process. */
export type VrrpReport =
  | { readonly kind: "runScript"; readonly script: string; readonly run: Micros }
  | { readonly kind: "notify"; readonly notifications: readonly Notification[] }
  /** The interface will carry leased addresses, and needs promote_secondaries. */
  | { readonly kind: "leasedInterface"; readonly interface: string };
