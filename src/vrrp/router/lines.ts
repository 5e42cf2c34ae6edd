// The log lines of an instance, in keepalived's wording if it has them, since tools search for them; and the limit for
// lines that other routers cause.

import type { VirtualAddress } from "../../config/vrrp/types.ts";
import type { Ip } from "../../lib/ip.ts";
import { MILLISECOND, type Micros, SECOND } from "../../lib/micros.ts";
import { prefixText } from "../../lib/prefix.ts";

const MOST_LINES = 10;
const WITHIN: Micros = 10 * SECOND;

/** Ten lines in ten seconds, so that a flood of adverts does not fill the log. */
export class LogLimit {
  #since: Micros = 0;
  #taken = 0;

  /** Counts a line at `now`; false if there have been too many. */
  take(now: Micros): boolean {
    if (now - this.#since >= WITHIN) {
      this.#since = now;
      this.#taken = 0;
    }
    if (this.#taken >= MOST_LINES) return false;
    this.#taken++;
    return true;
  }
}

/** Each returns one line; `name` is that of the instance. */
export const line = {
  enteringBackup: (name: string, isStart: boolean): string =>
    `(${name}) Entering BACKUP STATE${isStart ? " (init)" : ""}`,
  enteringMaster: (name: string): string => `(${name}) Entering MASTER STATE`,
  enteringFault: (name: string): string => `(${name}) Entering FAULT STATE`,
  startingInFault: (name: string): string => `(${name}) entering FAULT state`,
  timeout: (name: string): string => `(${name}) Receive advertisement timeout`,
  settingVips: (name: string): string => `(${name}) setting VIPs.`,
  removingVips: (name: string): string => `(${name}) removing VIPs.`,
  leavesConfiguration: (name: string, gone: VirtualAddress): string =>
    `(${name}) ip address ${prefixText(gone)} dev ${gone.interface}, no longer exist`,
  sentPriorityZero: (name: string): string => `(${name}) sent 0 priority`,
  priorityChanges: (name: string, before: number, after: number): string =>
    `(${name}) Changing effective priority from ${before} to ${after}`,
  announcing: (name: string, interfaceName: string, address: Ip): string =>
    `(${name}) Sending/queueing gratuitous ARPs on ${interfaceName} for ${address}`,

  backupHearsZero: (name: string): string => `(${name}) Backup received priority 0 advertisement`,
  discards: (name: string, priority: number, source: Ip): string =>
    `(${name}) received lower priority (${priority}) advert from ${source} - discarding`,
  follows: (name: string, source: Ip, previous: Ip | undefined): string =>
    previous === undefined
      ? `(${name}) master set to ${source}`
      : `(${name}) master changed from ${previous} to ${source}`,
  takesInterval: (name: string, before: Micros, after: Micros): string =>
    `(${name}) advertisement interval updated from ${before / MILLISECOND}ms ` +
    `to ${after / MILLISECOND}ms by master`,
  returnsToInterval: (name: string, before: Micros, after: Micros): string =>
    `(${name}) changing advert interval from ${before / MILLISECOND}ms ` +
    `to locally configured ${after / MILLISECOND}ms`,
  startsPreemptDelay: (name: string, delay: Micros): string =>
    `(${name}) start preempt delay (${(delay / SECOND).toFixed(6)})`,
  stopsPreemptDelay: (name: string): string => `(${name}) stop preempt delay`,

  activeHearsZero: (name: string): string => `(${name}) Master received priority 0 message`,
  hearsOwnAddress: (name: string): string =>
    `(${name}) WARNING - equal priority advert received from remote host with our IP address.`,
  hearsHigher: (name: string, source: Ip, priority: number, ours: number): string =>
    `(${name}) Master received advert from ${source} with higher priority ${priority}, ours ${ours}`,
  hearsHigherAddress: (name: string, source: Ip, priority: number): string =>
    `(${name}) Master received advert from ${source} with same priority ${priority} ` +
    "but higher IP address than ours",
  hearsLower: (
    name: string,
    source: Ip,
    priority: number,
    ours: number,
    isAnswered: boolean,
  ): string =>
    `(${name}) Received advert from ${source} with lower priority ${priority}, ours ${ours}` +
    (isAnswered ? ", forcing new election" : ""),
  secondOwner: (name: string, source: Ip): string =>
    `(${name}) CONFIGURATION ERROR: local instance and ${source} are both configured as address ` +
    "owner, please resolve",

  // Lines that keepalived does not have.
  resumes: (name: string): string =>
    `(${name}) still MASTER: resumed after the last process was killed`,
  losesOwnAddress: (name: string, address: string): string =>
    `(${name}) ${address} is a floating address and the only one there: it is removed until this node is MASTER. ` +
    "To keep it, set priority 255",
  delayed: (name: string, late: Micros, source: Ip): string =>
    `(${name}) was delayed for ${inSeconds(late)} s while ${source} sent adverts`,
  silentTooLong: (name: string, silent: Micros): string =>
    `(${name}) sent nothing for ${inSeconds(silent)} s: another router may hold the addresses, removing them`,
  leaseEnded: (name: string, address: string): string =>
    `(${name}) the kernel ended the lease of ${address}`,
  puttingBack: (name: string, address: string): string =>
    `(${name}) ${address} was deleted by another program, restoring it`,
  wentAlong: (name: string, address: string): string =>
    `(${name}) ${address} was removed with the first address of its subnet, restoring it`,
  givingUp: (name: string, address: string): string =>
    `(${name}) ${address} was deleted too often, resigning`,
  addressLost: (name: string, source: Ip, interfaceName: string): string =>
    `(${name}) ${interfaceName} lost its last address ${source}, resigning`,
  addressBack: (name: string, interfaceName: string): string =>
    `(${name}) ${interfaceName} has an address again and no other router took over, still MASTER`,
  needsNoAddress: (name: string, interfaceName: string): string =>
    `(${name}) ${interfaceName} has no address, but adverts have a configured source: still MASTER`,
  announcingSource: (name: string, source: Ip): string =>
    `${name}: sending gratuitous ARP for ${source}`,
  removed: (name: string): string => `(${name}) is no longer configured`,
};

function inSeconds(micros: Micros): string {
  return (micros / SECOND).toFixed(3);
}
