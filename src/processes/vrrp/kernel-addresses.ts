// Floating addresses in the kernel: set with a lease, renewed in one send, taken away.

import type { VirtualAddress } from "../../config/config.ts";
import { ipFamily } from "../../lib/ip.ts";
import type { Log } from "../../lib/log.ts";
import { prefixText } from "../../lib/prefix.ts";
import { type AddressKey, encodeDeleteAddress, encodeNewAddress } from "../../netlink/address.ts";
import type { NetlinkRequester } from "../../netlink/requester.ts";
import { IFA_F_NODAD } from "../../netlink/uapi/if-addr.ts";
import { RTPROT_KEEPALIVED } from "../../netlink/uapi/rtnetlink.ts";
import { errnoNumber, errnoText } from "../../os/ffi/errno.ts";
import type { AskedRemovals } from "./asked-removals.ts";

/** The index of an interface, or undefined when it is not there. */
export type InterfaceIndex = (name: string) => number | undefined;

/** One address as it shall be: `leaseSeconds` undefined is permanent. */
export interface AddressOrder {
  readonly address: VirtualAddress;
  readonly leaseSeconds: number | undefined;
}

interface Encoded {
  readonly index: number;
  readonly leaseSeconds: number | undefined;
  readonly bytes: Uint8Array;
}

/** The address is not there, or went with its interface. */
const ABSENT: ReadonlySet<number> = new Set([errnoNumber.EADDRNOTAVAIL, errnoNumber.ENODEV]);

/** Sets and removes floating addresses through one requester. */
export class KernelAddresses {
  readonly #requester: NetlinkRequester;
  readonly #indexOf: InterfaceIndex;
  readonly #log: Log;
  readonly #asked: AskedRemovals | undefined;
  /** What was told of an address that cannot be set: a renewal fails again and again. */
  readonly #told = new Map<VirtualAddress, string>();
  // A renewal is the same message every time: it is encoded once for as long as the configuration lives.
  readonly #encoded = new WeakMap<VirtualAddress, Encoded>();

  /** `asked` takes note of what is to be removed. */
  constructor(
    requester: NetlinkRequester,
    indexOf: InterfaceIndex,
    log: Log,
    asked?: AskedRemovals,
  ) {
    this.#asked = asked;
    this.#requester = requester;
    this.#indexOf = indexOf;
    this.#log = log;
  }

  /**
   * Adds each address, or gives the one that is there its new lifetime. What the kernel refuses is logged, with its
   * own words; the others are set all the same.
   */
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

  /** Removes each address, from the interface `at` where its own is called otherwise; one that is not there is no failure. */
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
    if (keys.length > 0) this.#asked?.note(before + 1, this.#requester.lastSequence, keys);
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
        // Duplicate address detection would keep an address from answering for a second after each takeover.
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
    if (failures.length === 0 && this.#told.size === 0) return;
    const reasons = new Map<VirtualAddress, string>();
    for (const { request, errno, detail } of failures) {
      if (verb === "remove" && ABSENT.has(errno)) continue;
      reasons.set(addresses[request] as VirtualAddress, detail ?? errnoText(errno));
    }
    for (const entry of addresses) if (!reasons.has(entry)) this.#told.delete(entry);
    for (const [entry, reason] of reasons) {
      const text = `Cannot ${verb} address ${prefixText(entry)} on ${entry.interface}: ${reason}`;
      if (this.#told.get(entry) === text) continue;
      this.#told.set(entry, text);
      this.#log("error", text);
    }
  }
}

function keyOf({ address, prefixLength }: VirtualAddress, index: number): AddressKey {
  return { index, address, prefixLength };
}
