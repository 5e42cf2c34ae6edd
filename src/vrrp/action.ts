// What the VRRP engine asks of its surroundings. The order of the actions of one answer is part of its contract.

import type { NotifyEvent, VirtualAddress } from "../config/config.ts";
import type { Ip } from "../lib/ip.ts";
import type { LogLevel } from "../lib/log.ts";
import type { Micros } from "../lib/micros.ts";
import type { InstanceRecord } from "./event.ts";

/**
 * Adverts, addresses and ARPs are only right at the instant of their turn: when the process was held up since then,
 * leave them out and say so by a `heldUp` event for each instance, and the engine looks what can still be done.
 */
export type NodeAction =
  /** One VRRP message (without IP header) for each destination; the shell sends all of one turn together. */
  | {
      readonly kind: "sendAdvert";
      readonly instance: string;
      readonly interface: string;
      readonly source: Ip;
      readonly destinations: readonly Ip[];
      readonly ttl: number;
      readonly bytes: Uint8Array;
    }
  /**
   * Add, or renew when they are there. `leaseSeconds` is the kernel lifetime; undefined: permanent. A renewal without
   * lifetime is for addresses that stay behind, and always to be done.
   */
  | {
      readonly kind: "setAddresses";
      readonly instance: string;
      readonly addresses: readonly VirtualAddress[];
      readonly leaseSeconds: number | undefined;
      /** The addresses should be there already. */
      readonly renewal: boolean;
    }
  | {
      readonly kind: "removeAddresses";
      readonly instance: string;
      readonly addresses: readonly VirtualAddress[];
    }
  /** One broadcast ARP request with sender and target address the same. */
  | { readonly kind: "sendGratuitousArp"; readonly interface: string; readonly address: Ip }
  /** Runs a tracked script; the answer is a `scriptEnded` event with the same `run`, whenever it comes. */
  | { readonly kind: "runScript"; readonly script: string; readonly run: Micros }
  /** Tells people: scripts, FIFO, mail. */
  | {
      readonly kind: "notify";
      readonly instance: string;
      /**
       * `removed`: FAULT of an instance that a reload removes; only `notify` and the FIFOs hear of it. `unchanged`: a
       * state that a reload kept; only for the FIFOs.
       */
      readonly event: NotifyEvent | "removed" | "unchanged" | "masterPriority" | "backupPriority";
      /** What goes into the FIFO line and to `notify`: MASTER, MASTER_RX_LOWER_PRI, … */
      readonly state: string;
      readonly priority: number;
    }
  /** `detail`: only with -D. */
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly text: string;
      readonly detail: boolean;
    }
  /** To be written before the actions after it are performed. */
  | { readonly kind: "record"; readonly instance: string; readonly record: InstanceRecord }
  /** The last action of a stop: nothing more will come. */
  | { readonly kind: "stopped" };
