// What the VRRP engine asks of its surroundings, in lanes whose order is part of the contract.

import type { NotifyEvent, VirtualAddress } from "../config/config.ts";
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

/** Take the lifetime off addresses that stay when the process ends. */
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
  /** Only with -D. */
  readonly detail: boolean;
}

/** Add addresses, or renew those that the kernel holds already. */
export interface SetAddresses {
  readonly kind: "setAddresses";
  readonly instance: string;
  readonly addresses: readonly VirtualAddress[];
  /** Kernel lifetime; undefined: permanent. */
  readonly leaseSeconds: number | undefined;
  /** The kernel should hold the addresses already. */
  readonly renewal: boolean;
}

/** Tell the neighbours on an interface that it has an address; one kind for each way to do so. */
export type Announcement = ArpAnnouncement;

/** A gratuitous ARP: one broadcast request with sender and target address the same. */
export interface ArpAnnouncement {
  readonly kind: "arp";
  readonly interface: string;
  readonly address: Ip;
}

/** Run a tracked script; the answer is a `scriptEnded` event with the same `run`, whenever it comes. */
export interface RunScript {
  readonly kind: "runScript";
  readonly script: string;
  readonly run: Micros;
}

/** Notify scripts, FIFOs and mail. */
export interface Notify {
  readonly kind: "notify";
  readonly instance: string;
  /**
   * `removed`: FAULT of an instance that a reload removes, only for `notify` and the FIFOs. `unchanged`: a state that a
   * reload kept, only for the FIFOs.
   */
  readonly event: NotifyEvent | "removed" | "unchanged" | "masterPriority" | "backupPriority";
  /** What goes into the FIFO line and to `notify`: MASTER, MASTER_RX_LOWER_PRI, … */
  readonly state: string;
  readonly priority: number;
}

/** The last action of a stop. */
export interface Stopped {
  readonly kind: "stopped";
}

/**
 * What is to be done, in the order of the lanes. Records are written before anything else happens. Addresses leave before
 * the resignation is sent, and are added after the advert that claims them. All adverts of a turn form one lane, so that
 * one system call sends them and no announcement delays one. Scripts and notifications come last.
 *
 * Adverts, added addresses and announcements are only right at the instant of their turn. If the process was held up
 * since then, leave them out and hand in a `heldUp` event for each instance: the engine decides what can still be done.
 * Resignations (priority 0) are always sent, and addresses are always removed or kept, however late.
 */
export interface Batch {
  readonly records: RecordAction[];
  readonly addressesOut: (RemoveAddresses | KeepAddresses)[];
  readonly adverts: SendAdvert[];
  readonly logLines: LogLine[];
  readonly addressesIn: SetAddresses[];
  readonly announcements: Announcement[];
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
  "logLines",
  "addressesIn",
  "announcements",
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
    logLines: [],
    addressesIn: [],
    announcements: [],
    scriptRuns: [],
    notifications: [],
    end: [],
  };
}

/** Nothing is to be done. */
export const EMPTY_BATCH: Batch = newBatch();

/**
 * Adds `next` to the batches of one turn of the process, lane by lane, so that they take few system calls. An address
 * that is being added must be added before it can be removed: then a new batch begins.
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
