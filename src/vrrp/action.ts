// The actions of the VRRP engine, in lanes whose order is part of the contract.

import type { NotifyEvent, VirtualAddress } from "../config/vrrp/types.ts";
import type { Ip } from "../lib/ip.ts";
import type { LogLevel } from "../lib/log.ts";
import type { Micros } from "../lib/micros.ts";
import type { InstanceRecord } from "./event.ts";

export interface RecordAction {
  readonly kind: "record";
  readonly instance: string;
  readonly record: InstanceRecord;
}

export interface RemoveAddresses {
  readonly kind: "removeAddresses";
  readonly instance: string;
  readonly addresses: readonly VirtualAddress[];
}

/** Make addresses permanent that stay when the process ends. */
export interface KeepAddresses {
  readonly kind: "keepAddresses";
  readonly instance: string;
  readonly addresses: readonly VirtualAddress[];
}

/** One VRRP message (without IP header) for each destination. */
export interface SendAdvert {
  readonly kind: "sendAdvert";
  readonly instance: string;
  readonly interface: string;
  readonly source: Ip;
  readonly destinations: readonly Ip[];
  readonly ttl: number;
  readonly bytes: Uint8Array;
}

export interface LogLine {
  readonly kind: "log";
  readonly level: LogLevel;
  readonly text: string;
  /** Logged only with -D. */
  readonly detail: boolean;
}

/** Add addresses, or renew existing ones. */
export interface SetAddresses {
  readonly kind: "setAddresses";
  readonly instance: string;
  readonly addresses: readonly VirtualAddress[];
  /** Kernel lifetime; undefined: permanent. */
  readonly leaseSeconds: number | undefined;
  /** The addresses should already exist. */
  readonly renewal: boolean;
}

/** Announce an address to the neighbours on an interface. */
export type Announcement = ArpAnnouncement;

/** A gratuitous ARP: one broadcast request with sender and target address the same. */
export interface ArpAnnouncement {
  readonly kind: "arp";
  readonly interface: string;
  readonly address: Ip;
}

/** Run a tracked script; its end is a `scriptEnded` event with the same `run`. */
export interface RunScript {
  readonly kind: "runScript";
  readonly script: string;
  readonly run: Micros;
}

/** Notify scripts, FIFOs and mail recipients. */
export interface Notify {
  readonly kind: "notify";
  readonly instance: string;
  /**
   * `removed`: FAULT of an instance that a reload removes, only for `notify` and the FIFOs. `unchanged`: a state that a
   * reload kept, only for the FIFOs.
   */
  readonly event: NotifyEvent | "removed" | "unchanged" | "masterPriority" | "backupPriority";
  /** The state in the FIFO line and for `notify`: MASTER, MASTER_RX_LOWER_PRI, … */
  readonly state: string;
  readonly priority: number;
}

/** The last action of a stop. */
export interface Stopped {
  readonly kind: "stopped";
}

/**
 * The actions of a step or of a whole turn, in the order of the lanes. Records are written first. Addresses are removed
 * before the resignation is sent, and added after the advert that claims them. All adverts are in one lane, so that one
 * system call sends them and no announcement delays them. Log lines, scripts and notifications come last.
 *
 * Adverts, added addresses and announcements are valid only at the time of their turn. If the process was delayed since
 * then, skip them and pass an event: `unclaimed` for each instance with skipped adverts or addresses, `unannounced` for
 * skipped announcements. The engine decides what can still be done. Resignations (priority 0) are always sent, and
 * addresses are always removed or kept, however late.
 */
export interface Batch {
  readonly records: RecordAction[];
  readonly addressesOut: (RemoveAddresses | KeepAddresses)[];
  readonly adverts: SendAdvert[];
  readonly addressesIn: SetAddresses[];
  readonly announcements: Announcement[];
  readonly logLines: LogLine[];
  readonly scriptRuns: RunScript[];
  readonly notifications: Notify[];
  readonly end: Stopped[];
}

export type Lane = keyof Batch;
export type NodeAction = Batch[Lane][number];

/** The lanes in the order in which they are performed. */
export const LANES: readonly Lane[] = [
  "records",
  "addressesOut",
  "adverts",
  "addressesIn",
  "announcements",
  "logLines",
  "scriptRuns",
  "notifications",
  "end",
];

/** A batch of empty lanes. */
export function newBatch(): Batch {
  return {
    records: [],
    addressesOut: [],
    adverts: [],
    addressesIn: [],
    announcements: [],
    logLines: [],
    scriptRuns: [],
    notifications: [],
    end: [],
  };
}

/** No actions. */
export const EMPTY_BATCH: Batch = newBatch();

/**
 * Appends the batch of a step to the batches of its turn, lane by lane, so that they take few system calls. Starts a new
 * batch if this one adds addresses and `next` removes some: they may be the same.
 */
export function appendBatch(batches: Batch[], next: Batch): void {
  if (next === EMPTY_BATCH) return;
  const last = batches.at(-1);
  if (last === undefined || (last.addressesIn.length > 0 && next.addressesOut.length > 0)) {
    batches.push(next);
    return;
  }
  for (const lane of LANES) {
    const actions: NodeAction[] = last[lane];
    for (const action of next[lane]) actions.push(action);
  }
}
