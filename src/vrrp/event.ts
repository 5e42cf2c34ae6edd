// The events of a node's VRRP engine. Plain data, so that a run can be recorded, replayed and simulated.

import type { VrrpPart } from "../config/config.ts";
import type { Ip } from "../lib/ip.ts";
import type { Micros } from "../lib/micros.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { ScriptOutcome } from "../lib/script.ts";
import type { VrrpPacket } from "../wire/vrrp.ts";

/** An address of an interface. */
export interface InterfaceAddress extends Prefix {
  /** It has keepalived's mark (IFA_PROTO 18) or a lifetime: an earlier run added it. */
  readonly isMarked: boolean;
}

/** The state of a network interface. */
export interface InterfaceState {
  readonly name: string;
  /** Administratively up and running (IFF_UP and IFF_RUNNING). */
  readonly up: boolean;
  /** The first IPv4 address that is not a floating one: the source of adverts. */
  readonly ipv4: Ip | undefined;
  /** All its IPv4 and IPv6 addresses. */
  readonly addresses: readonly InterfaceAddress[];
  /** Octets. */
  readonly mtu: number;
  /** The hardware address, such as `02:00:00:00:00:01`; undefined if it has none. */
  readonly mac: string | undefined;
  /** Its layer-2 networks, from `segmentsOf`. */
  readonly segments: readonly string[];
}

/** The state of one instance that a new process needs to resume after a killed one. */
export interface InstanceRecord {
  readonly active: boolean;
  /** When the last advert was sent or, by a backup, received; BOOTTIME. */
  readonly lastAdvertAt: Micros;
  /** The current interval (version 3: the active node's). */
  readonly advertisementIntervalMicros: Micros;
  readonly effectivePriority: number;
}

/** A record as read by a new process. */
export interface KeptRecord extends InstanceRecord {
  /** The last notified state; undefined: none, or unknown. */
  readonly notified: NotifiedState | undefined;
}

/** The states that a resumed process need not notify again. */
export type NotifiedState = "MASTER" | "BACKUP" | "FAULT";

/**
 * Its lifetime expired; another program deleted it; or it was removed with the primary address of its subnet, which this
 * node removed.
 */
export type RemovalCause = "expired" | "deleted" | "wentAlong";

export type NodeEvent =
  /**
   * The first event, with all interfaces. `records`: by instance name, if this process resumes after a killed one.
   */
  | {
      readonly kind: "start";
      readonly interfaces: readonly InterfaceState[];
      readonly records: ReadonlyMap<string, KeptRecord> | undefined;
    }
  /** A VRRP message was received on `interface`, after `waitedMicros` in the queue (undefined: unknown). */
  | ({
      readonly kind: "packet";
      readonly interface: string;
      readonly waitedMicros: Micros | undefined;
    } & VrrpPacket)
  /** An interface was added, changed, or (state undefined) removed. */
  | {
      readonly kind: "interface";
      readonly name: string;
      readonly state: InterfaceState | undefined;
    }
  /**
   * A floating address was removed, but not by this node's own `removeAddresses` for it.
   */
  | ({
      readonly kind: "addressRemoved";
      readonly interface: string;
      readonly cause: RemovalCause;
    } & Prefix)
  /**
   * Adverts or addresses of this instance were skipped, because the process was delayed; or its addresses were withheld,
   * because its adverts could not be sent until now.
   */
  | { readonly kind: "unclaimed"; readonly instance: string }
  /** These announcements were skipped, because the process was delayed. */
  | {
      readonly kind: "unannounced";
      readonly announcements: readonly { readonly interface: string; readonly address: Ip }[];
    }
  /** `run` is that of the `runScript` action. */
  | {
      readonly kind: "scriptEnded";
      readonly script: string;
      readonly run: Micros;
      readonly outcome: ScriptOutcome;
    }
  /** `interfaces`: changed states, since floating addresses of the new configuration cannot be sources of adverts. */
  | {
      readonly kind: "reload";
      readonly config: VrrpPart;
      readonly interfaces?: readonly InterfaceState[];
    }
  /** Orderly stop; `keepAddresses`: the option -V. */
  | { readonly kind: "stop"; readonly keepAddresses: boolean }
  /** A deadline is due at `now`. */
  | { readonly kind: "deadline" };
