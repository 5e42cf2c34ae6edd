// The table of links and addresses, built from a dump and updated by the kernel's notifications.

import { ipFamily } from "../lib/ip.ts";
import type { Address, AddressKey } from "./address.ts";
import { addressName, decodeAddress } from "./address.ts";
import { decodeLink, isLinkUp, type Link } from "./link.ts";
import type { Message } from "./message.ts";
import type { NetlinkRefusal } from "./refusal.ts";
import { RTM_DELADDR, RTM_DELLINK, RTM_NEWADDR, RTM_NEWLINK } from "./uapi/rtnetlink.ts";

/** A link in the table. */
export interface LinkState extends Link {
  /** IFF_UP and IFF_RUNNING. */
  readonly up: boolean;
}

/**
 * The cause of a change. `own`: a request of one of our sockets. `kernel`: no request (sequence and port zero), such as
 * an expired lifetime (of the address itself or of the primary address of its subnet) or a removed link. `program`:
 * another program. `unknown`: found by a resync; or IPv6, for which the kernel does not report the requester.
 */
export type ChangeCause = "own" | "kernel" | "program" | "unknown";

interface AddressOrigin {
  readonly cause: ChangeCause;
  /** The sequence number of the request. */
  readonly sequence: number;
  /** The port of the requesting socket. */
  readonly port: number;
}

export type NetworkChange =
  | { readonly kind: "linkAdded"; readonly link: LinkState }
  /** A field differs from `previous`, possibly the name. */
  | { readonly kind: "linkChanged"; readonly link: LinkState; readonly previous: LinkState }
  /** The removal of its addresses was reported before. */
  | { readonly kind: "linkRemoved"; readonly link: LinkState }
  | ({ readonly kind: "addressAdded"; readonly address: Address } & AddressOrigin)
  /** Flags, scope, label, broadcast or protocol differ. A renewed lifetime alone is not a change. */
  | ({
      readonly kind: "addressChanged";
      readonly address: Address;
      readonly previous: Address;
    } & AddressOrigin)
  | ({ readonly kind: "addressRemoved"; readonly address: Address } & AddressOrigin);

const UNKNOWN: AddressOrigin = { cause: "unknown", sequence: 0, port: 0 };
const NONE: readonly NetworkChange[] = [];

/** The links and addresses of one network namespace. */
export class NetworkMonitor {
  readonly #ownPorts: ReadonlySet<number>;
  readonly #links = new Map<number, LinkState>();
  readonly #indexByName = new Map<string, number>();
  /** By interface index, then by `addressName`. */
  readonly #addresses = new Map<number, Map<string, Address>>();

  /** `ownPorts`: the port ids of this program's sockets. The caller may add to it later. */
  constructor(ownPorts: ReadonlySet<number>) {
    this.#ownPorts = ownPorts;
  }

  /** The link that now has `name`. */
  linkByName(name: string): LinkState | undefined {
    const index = this.#indexByName.get(name);
    return index === undefined ? undefined : this.#links.get(index);
  }

  linkByIndex(index: number): LinkState | undefined {
    return this.#links.get(index);
  }

  links(): IterableIterator<LinkState> {
    return this.#links.values();
  }

  /** The addresses of one link, in the order in which the kernel reported them. */
  addresses(index: number): Address[] {
    return [...(this.#addresses.get(index)?.values() ?? [])];
  }

  /** The address identified by `key`. */
  address(key: AddressKey): Address | undefined {
    return this.#addresses.get(key.index)?.get(addressName(key));
  }

  /** Applies a notification and returns the changes, or a refusal if it is invalid. Ignores other message types. */
  handle(message: Message): readonly NetworkChange[] | NetlinkRefusal {
    switch (message.type) {
      case RTM_NEWLINK:
      case RTM_DELLINK: {
        const link = decodeLink(message);
        // About the link as a bridge port or IPv6 interface, not the link itself.
        if (link === "familyUnknown") return NONE;
        if (typeof link === "string") return link;
        return message.type === RTM_NEWLINK ? this.#setLink(link) : this.#removeLink(link.index);
      }
      case RTM_NEWADDR:
      case RTM_DELADDR: {
        const address = decodeAddress(message);
        if (address === "familyUnknown") return NONE;
        if (typeof address === "string") return address;
        return message.type === RTM_NEWADDR
          ? this.#setAddress(address, this.#origin(message, address))
          : this.#removeAddress(address, this.#origin(message, address));
      }
      default:
        return NONE;
    }
  }

  /**
   * Replaces the table by two complete dumps and returns the changes: removals first, then links, then addresses. Use it
   * at the start and after the kernel dropped notifications.
   */
  resync(links: Iterable<Link>, addresses: Iterable<Address>): NetworkChange[] {
    const changes: NetworkChange[] = [];
    const wantedLinks = new Map<number, Link>();
    for (const link of links) wantedLinks.set(link.index, link);
    const wantedAddresses = new Map<number, Map<string, Address>>();
    for (const address of addresses) {
      // Skip addresses of a link added between the two dumps: notifications of both will follow.
      if (wantedLinks.has(address.index))
        mapOf(wantedAddresses, address.index).set(addressName(address), address);
    }
    for (const [index, table] of this.#addresses) {
      for (const [name, address] of table) {
        if (wantedAddresses.get(index)?.has(name) !== true) {
          changes.push(...this.#removeAddress(address, UNKNOWN));
        }
      }
    }
    for (const index of [...this.#links.keys()]) {
      if (!wantedLinks.has(index)) changes.push(...this.#removeLink(index));
    }
    // Names may have been swapped, so drop all old ones first.
    this.#indexByName.clear();
    for (const link of wantedLinks.values()) changes.push(...this.#setLink(link));
    for (const table of wantedAddresses.values()) {
      for (const address of table.values()) changes.push(...this.#setAddress(address, UNKNOWN));
    }
    return changes;
  }

  #origin(message: Message, address: Address): AddressOrigin {
    const { sequence, port } = message;
    if (port !== 0 || sequence !== 0) {
      return { cause: this.#ownPorts.has(port) ? "own" : "program", sequence, port };
    }
    return ipFamily(address.address) === 4 ? { cause: "kernel", sequence, port } : UNKNOWN;
  }

  #setLink(link: Link): readonly NetworkChange[] {
    const state: LinkState = { ...link, up: isLinkUp(link) };
    const previous = this.#links.get(link.index);
    const changes: NetworkChange[] = [];
    const holder = this.#indexByName.get(link.name);
    // A name belongs to one link at a time: the notification of the other's removal was lost.
    if (holder !== undefined && holder !== link.index) changes.push(...this.#removeLink(holder));
    if (previous !== undefined && this.#indexByName.get(previous.name) === link.index) {
      this.#indexByName.delete(previous.name);
    }
    this.#indexByName.set(link.name, link.index);
    this.#links.set(link.index, state);
    if (previous === undefined) changes.push({ kind: "linkAdded", link: state });
    else if (!isSameLink(previous, state))
      changes.push({ kind: "linkChanged", link: state, previous });
    return changes;
  }

  #removeLink(index: number): readonly NetworkChange[] {
    const link = this.#links.get(index);
    if (link === undefined) return NONE;
    const changes: NetworkChange[] = this.addresses(index).map((address) => ({
      kind: "addressRemoved",
      address,
      ...UNKNOWN,
    }));
    this.#addresses.delete(index);
    this.#links.delete(index);
    if (this.#indexByName.get(link.name) === index) this.#indexByName.delete(link.name);
    changes.push({ kind: "linkRemoved", link });
    return changes;
  }

  #setAddress(address: Address, origin: AddressOrigin): readonly NetworkChange[] {
    const table = mapOf(this.#addresses, address.index);
    const name = addressName(address);
    const previous = table.get(name);
    table.set(name, address);
    if (previous === undefined) return [{ kind: "addressAdded", address, ...origin }];
    if (isSameAddress(previous, address)) return NONE;
    return [{ kind: "addressChanged", address, previous, ...origin }];
  }

  #removeAddress(address: Address, origin: AddressOrigin): readonly NetworkChange[] {
    const table = this.#addresses.get(address.index);
    const previous = table?.get(addressName(address));
    if (table === undefined || previous === undefined) return NONE;
    table.delete(addressName(address));
    if (table.size === 0) this.#addresses.delete(address.index);
    return [{ kind: "addressRemoved", address: previous, ...origin }];
  }
}

function mapOf<K, V>(maps: Map<number, Map<K, V>>, key: number): Map<K, V> {
  let map = maps.get(key);
  if (map === undefined) {
    map = new Map();
    maps.set(key, map);
  }
  return map;
}

function isSameLink(a: Link, b: Link): boolean {
  return (
    a.name === b.name &&
    a.flags === b.flags &&
    a.operstate === b.operstate &&
    a.mtu === b.mtu &&
    a.mac === b.mac &&
    a.master === b.master &&
    a.lower === b.lower &&
    a.lowerNamespace === b.lowerNamespace &&
    a.kind === b.kind
  );
}

function isSameAddress(a: Address, b: Address): boolean {
  return (
    a.flags === b.flags &&
    a.scope === b.scope &&
    a.label === b.label &&
    a.broadcast === b.broadcast &&
    a.protocol === b.protocol
  );
}
