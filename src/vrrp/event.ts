// What can happen to a node's VRRP engine. Plain data, so that a run can be recorded, replayed and simulated.

import type { VrrpPart } from "../config/config.ts";
import type { Ip } from "../lib/ip.ts";
import type { Micros } from "../lib/micros.ts";
import type { Prefix } from "../lib/prefix.ts";
import type { ScriptOutcome } from "../lib/script.ts";
import type { VrrpPacket } from "../wire/vrrp.ts";

/** An address that an interface holds. */
export interface InterfaceAddress extends Prefix {
  /** Marked as a keepalived's (IFA_PROTO 18), or with a lifetime: an earlier run added it. */
  readonly isMarked: boolean;
}

/** What the engine must know of one network interface. */
export interface InterfaceState {
  readonly name: string;
  /** Administratively up and running (IFF_UP and IFF_RUNNING). */
  readonly up: boolean;
  /** The first IPv4 address that is not a floating one: the source of adverts. */
  readonly ipv4: Ip | undefined;
  /** Every IPv4 and IPv6 address on it. */
  readonly addresses: readonly InterfaceAddress[];
  /** Octets. */
  readonly mtu: number;
  /** The hardware address, such as `02:00:00:00:00:01`; undefined where it has none. */
  readonly mac: string | undefined;
  /** The networks that its frames travel on, as of `segmentsOf`. */
  readonly segments: readonly string[];
}

/** What a node must remember of one instance so that a new process can go on where the last one was killed. */
export interface InstanceRecord {
  readonly active: boolean;
  /** When the last advert left, or for a backup when the last one came; BOOTTIME. */
  readonly lastAdvertAt: Micros;
  /** The interval that is in force (v3: the active node's). */
  readonly advertisementIntervalMicros: Micros;
  readonly effectivePriority: number;
}

/** A record as a new process finds it. */
export interface KeptRecord extends InstanceRecord {
  /** The state that people were last told of; undefined: none, or it is not known. */
  readonly told: ToldState | undefined;
}

/** The states that a process which resumes need not tell again. */
export type ToldState = "MASTER" | "BACKUP" | "FAULT";

/**
 * The kernel at the end of its lifetime; another program; or a removal of ours that named another address, the first
 * one of its subnet.
 */
export type RemovalCause = "expired" | "deleted" | "wentAlong";

export type NodeEvent =
  /**
   * First of all events, with every interface there is. `records` by instance name when this process resumes after a
   * killed one.
   */
  | {
      readonly kind: "start";
      readonly interfaces: readonly InterfaceState[];
      readonly records: ReadonlyMap<string, KeptRecord> | undefined;
    }
  /** A VRRP message was received on `interface`, after it had waited for `waitedMicros` (undefined: unknown). */
  | ({
      readonly kind: "packet";
      readonly interface: string;
      readonly waitedMicros: Micros | undefined;
    } & VrrpPacket)
  /** An interface came, changed, or (state undefined) is gone. */
  | {
      readonly kind: "interface";
      readonly name: string;
      readonly state: InterfaceState | undefined;
    }
  /**
   * Something removed a floating address. What this node's own `removeAddresses` named is not told.
   */
  | ({
      readonly kind: "addressRemoved";
      readonly interface: string;
      readonly cause: RemovalCause;
    } & Prefix)
  /** What this instance wanted to send or set was left out, since the process was held up on the way. */
  | { readonly kind: "heldUp"; readonly instance: string }
  /** `run` is that of the order. */
  | {
      readonly kind: "scriptEnded";
      readonly script: string;
      readonly run: Micros;
      readonly outcome: ScriptOutcome;
    }
  /** `interfaces`: as they are by the new configuration, whose floating addresses are no sources; else as before. */
  | {
      readonly kind: "reload";
      readonly config: VrrpPart;
      readonly interfaces?: readonly InterfaceState[];
    }
  /** Orderly end; `keepAddresses` as of the option -V. */
  | { readonly kind: "stop"; readonly keepAddresses: boolean }
  /** Time has passed: something is due at `now`. */
  | { readonly kind: "deadline" };
