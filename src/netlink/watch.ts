// Tracks the links and addresses of a network namespace: initial dump, notifications, and resync after a loss.

import { type Address, decodeAddress, encodeDumpAddresses } from "./address.ts";
import { decodeLink, encodeDumpLinks, type Link } from "./link.ts";
import { splitMessages } from "./message.ts";
import { type NetworkChange, NetworkMonitor } from "./monitor.ts";
import type { NetlinkRequester, NetlinkTransport, RequestFailure } from "./requester.ts";

/** Limits one `read`, so that adverts can be sent during a flood of notifications. */
const READS_PER_TURN = 64;

/** All links and addresses of a network namespace, or why they cannot be read. */
export type FoundNetwork =
  | {
      readonly links: readonly Link[];
      readonly addresses: readonly Address[];
      readonly failure: undefined;
    }
  | { readonly failure: RequestFailure };

/** Asks the kernel once. */
export function readNetwork(requester: NetlinkRequester): FoundNetwork {
  const links = requester.dump(encodeDumpLinks(), decodeLink);
  if (links.failure !== undefined) return links;
  const addresses = requester.dump(encodeDumpAddresses(), decodeAddress);
  if (addresses.failure !== undefined) return addresses;
  return { links: links.items, addresses: addresses.items, failure: undefined };
}

/** Keeps a table of links and addresses up to date by two sockets, one for notifications and one for requests. */
export class NetworkWatch {
  readonly table: NetworkMonitor;
  readonly #notifications: NetlinkTransport;
  readonly #requester: NetlinkRequester;
  #needsResync = false;
  /** The number of invalid notifications: zero on a healthy system. */
  invalidNotifications = 0;
  /** How often the kernel dropped notifications, which leads to a resync. */
  overruns = 0;

  /**
   * `notifications` has joined RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR and RTNLGRP_IPV6_IFADDR; `requester` uses another
   * socket. `ownPorts`: the port ids of all sockets of this program.
   */
  constructor(
    notifications: NetlinkTransport,
    requester: NetlinkRequester,
    ownPorts: ReadonlySet<number>,
  ) {
    this.table = new NetworkMonitor(ownPorts);
    this.#notifications = notifications;
    this.#requester = requester;
  }

  /** Dumps links and addresses and reports the differences to the table, which is empty at first. */
  resync(onChange: (change: NetworkChange) => void): RequestFailure | undefined {
    this.#needsResync = true;
    const found = readNetwork(this.#requester);
    if (found.failure !== undefined) return found.failure;
    this.#needsResync = false;
    for (const change of this.table.resync(found.links, found.addresses)) onChange(change);
    return undefined;
  }

  /**
   * Reads queued notifications up to a limit. If some were lost, reads the remaining ones and then resyncs. Returns the
   * failure of the resync, which the next call repeats.
   */
  read(onChange: (change: NetworkChange) => void): RequestFailure | undefined {
    for (let reads = 0; reads < READS_PER_TURN; reads++) {
      const received = this.#notifications.receive((datagram) => this.#handle(datagram, onChange));
      if (received === "overrun") {
        this.#needsResync = true;
        this.overruns++;
      } else if (received === 0) {
        return this.#needsResync ? this.resync(onChange) : undefined;
      }
    }
    return undefined;
  }

  #handle(datagram: Uint8Array, onChange: (change: NetworkChange) => void): void {
    const refusal = splitMessages(datagram, (message) => {
      const changes = this.table.handle(message);
      if (typeof changes === "string") this.invalidNotifications++;
      else for (const change of changes) onChange(change);
    });
    if (refusal !== undefined) this.invalidNotifications++;
  }
}
