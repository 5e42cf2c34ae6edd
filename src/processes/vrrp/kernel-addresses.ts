// Floating addresses in the kernel: added with a lease, renewed in one send, removed; and which ones are ours to remove.

import { allAddresses, OWNER_PRIORITY, type VirtualAddress } from "../../config/vrrp/types.ts";
import type { InstanceConfig } from "../../config/vrrp/vrrp-config.ts";
import { ipFamily } from "../../lib/ip.ts";
import type { Log } from "../../lib/log.ts";
import { prefixText } from "../../lib/prefix.ts";
import {
  type AddressKey,
  addressName,
  encodeDeleteAddress,
  encodeNewAddress,
} from "../../netlink/address.ts";
import type { NetlinkRequester } from "../../netlink/requester.ts";
import { IFA_F_NODAD } from "../../netlink/uapi/if-addr.ts";
import { RTPROT_KEEPALIVED } from "../../netlink/uapi/rtnetlink.ts";
import { errnoNumber, errnoText } from "../../os/ffi/errno.ts";
import type { InterfaceState } from "../../vrrp/event.ts";

/** The index of an interface, or undefined when it is not there. */
export type InterfaceIndex = (name: string) => number | undefined;

/** How many runs of removals are remembered until the kernel reports them. */
const MOST_RUNS = 256;

/** An address to be added or renewed; `leaseSeconds` undefined: permanent. */
export interface AddressOrder {
  readonly address: VirtualAddress;
  readonly leaseSeconds: number | undefined;
}

interface Encoded {
  readonly index: number;
  readonly leaseSeconds: number | undefined;
  readonly bytes: Uint8Array;
}

/** The address is gone, or its interface is. */
const ABSENT: ReadonlySet<number> = new Set([errnoNumber.EADDRNOTAVAIL, errnoNumber.ENODEV]);

/** Requests with consecutive sequence numbers. */
interface RemovalRun {
  readonly first: number;
  readonly last: number;
  readonly names: ReadonlySet<string>;
}

/**
 * Remembers which removals were asked for, until the kernel has reported them, which it does in the same order. The kernel
 * may remove more than it was asked to: the first address of a subnet can take the others along.
 */
export class AskedRemovals {
  #runs: RemovalRun[] = [];

  /** Notes that the requests numbered `first` to `last` ask for the removal of `keys`. */
  note(first: number, last: number, keys: readonly AddressKey[]): void {
    this.#runs.push({ first, last, names: new Set(keys.map(nameOf)) });
    if (this.#runs.length > MOST_RUNS) this.#runs.shift();
  }

  /** Whether the run that request `sequence` belongs to asked for the removal of `key`. */
  has(sequence: number, key: AddressKey): boolean {
    const index = this.#runs.findIndex(({ first, last }) => first <= sequence && sequence <= last);
    if (index < 0) return false;
    // Earlier runs have been reported.
    this.#runs.splice(0, index);
    return this.#runs[0]?.names.has(nameOf(key)) === true;
  }
}

/** Sets and removes floating addresses through one requester. */
export class KernelAddresses {
  readonly #requester: NetlinkRequester;
  readonly #indexOf: InterfaceIndex;
  readonly #log: Log;
  readonly #asked = new AskedRemovals();
  /** The last line logged of an address that cannot be set: a renewal fails again and again. */
  readonly #logged = new Map<VirtualAddress, string>();
  /** A renewal is always the same message: encoded once for the life of the configuration. */
  readonly #encoded = new WeakMap<VirtualAddress, Encoded>();

  constructor(requester: NetlinkRequester, indexOf: InterfaceIndex, log: Log) {
    this.#requester = requester;
    this.#indexOf = indexOf;
    this.#log = log;
  }

  /** Adds each address, or gives an existing one its new lifetime. Those that the kernel refuses are logged. */
  set(orders: readonly AddressOrder[]): void {
    const messages: Uint8Array[] = [];
    const sent: VirtualAddress[] = [];
    for (const order of orders) {
      const bytes = this.#encode(order);
      if (bytes === undefined) continue;
      messages.push(bytes);
      sent.push(order.address);
    }
    this.#request(messages, sent, "add");
  }

  /** Removes each address; one that is gone is no failure. `at`: the index of the interface if it has another name now. */
  remove(addresses: readonly VirtualAddress[], at?: number): void {
    const keys: AddressKey[] = [];
    const sent: VirtualAddress[] = [];
    for (const address of addresses) {
      const index = at ?? this.#indexOf(address.interface);
      if (index === undefined) continue;
      keys.push(keyOf(address, index));
      sent.push(address);
    }
    const before = this.#requester.lastSequence;
    this.#request(keys.map(encodeDeleteAddress), sent, "remove");
    if (keys.length > 0) this.#asked.note(before + 1, this.#requester.lastSequence, keys);
  }

  /** Whether the removal of `key` was asked for together with request `sequence`, not only a consequence of it. */
  hasAskedFor(sequence: number, key: AddressKey): boolean {
    return this.#asked.has(sequence, key);
  }

  #encode({ address, leaseSeconds }: AddressOrder): Uint8Array | undefined {
    const index = this.#indexOf(address.interface);
    if (index === undefined) return undefined;
    const known = this.#encoded.get(address);
    if (known?.index === index && known.leaseSeconds === leaseSeconds) return known.bytes;
    const bytes = encodeNewAddress(
      {
        ...keyOf(address, index),
        scope: address.scope,
        label: address.label,
        broadcast: address.broadcast,
        // Duplicate address detection would silence an address for a second after each takeover.
        flags: ipFamily(address.address) === 6 ? IFA_F_NODAD : 0,
        protocol: RTPROT_KEEPALIVED,
        validSeconds: leaseSeconds,
        preferredSeconds: leaseSeconds,
      },
      "replace",
    );
    this.#encoded.set(address, { index, leaseSeconds, bytes });
    return bytes;
  }

  #request(
    messages: readonly Uint8Array[],
    addresses: readonly VirtualAddress[],
    verb: "add" | "remove",
  ): void {
    if (messages.length === 0) return;
    const failures = this.#requester.request(messages);
    if (failures.length === 0 && this.#logged.size === 0) return;
    const reasons = new Map<VirtualAddress, string>();
    for (const { request, errno, detail } of failures) {
      if (verb === "remove" && ABSENT.has(errno)) continue;
      reasons.set(addresses[request] as VirtualAddress, detail ?? errnoText(errno));
    }
    for (const entry of addresses) if (!reasons.has(entry)) this.#logged.delete(entry);
    for (const [entry, reason] of reasons) {
      const text = `Cannot ${verb} address ${prefixText(entry)} on ${entry.interface}: ${reason}`;
      if (this.#logged.get(entry) === text) continue;
      this.#logged.set(entry, text);
      this.#log("error", text);
    }
  }
}

function keyOf({ address, prefixLength }: VirtualAddress, index: number): AddressKey {
  return { index, address, prefixLength };
}

function nameOf(key: AddressKey): string {
  return `${key.index} ${addressName(key)}`;
}

/**
 * The addresses of `instance` that are on the interface `state` and ours to remove: those with our mark. Kernels before
 * 5.18 keep no marks: there an address that was in use (`wasActive`) is ours unless the node owns it. `name`: the
 * interface's name in the configuration, if it has another one now.
 */
export function addressesLeftBy(
  instance: InstanceConfig,
  wasActive: boolean,
  state: InterfaceState,
  name: string = state.name,
): VirtualAddress[] {
  const isTakenAnyway = wasActive && instance.priority !== OWNER_PRIORITY;
  const held = state.addresses.filter(({ isMarked }) => isMarked || isTakenAnyway);
  const keys = new Set(held.map(prefixText));
  return allAddresses(instance).filter((entry) => {
    return entry.interface === name && keys.has(prefixText(entry));
  });
}
