// Follows the links and addresses of a network namespace: start, announcements, and a fresh look after a loss.

import { decodeAddress, encodeDumpAddresses } from "./address.ts";
import { decodeLink, encodeDumpLinks } from "./link.ts";
import { splitMessages } from "./message.ts";
import { type NetworkChange, NetworkMonitor } from "./monitor.ts";
import type { NetlinkRequester, NetlinkTransport, RequestFailure } from "./requester.ts";

/** How many times one `read` asks for more: a flood is taken in turns, so that adverts leave in between. */
const READS_A_TURN = 64;

/** A table of links and addresses that is kept up by two sockets: one that hears, one that asks. */
export class NetworkWatch {
  readonly table: NetworkMonitor;
  readonly #announcements: NetlinkTransport;
  readonly #requester: NetlinkRequester;
  #lost = false;
  /** Announcements that could not be read: zero on a healthy system. */
  refused = 0;
  /** How often the kernel dropped announcements and everything was read anew. */
  overruns = 0;

  /**
   * `announcements` hears RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR and RTNLGRP_IPV6_IFADDR; `requester` asks over another
   * socket. `ownPorts`: the port ids of all sockets of this program.
   */
  constructor(
    announcements: NetlinkTransport,
    requester: NetlinkRequester,
    ownPorts: ReadonlySet<number>,
  ) {
    this.table = new NetworkMonitor(ownPorts);
    this.#announcements = announcements;
    this.#requester = requester;
  }

  /** Reads everything anew and gives the differences: at the start, all there is. */
  resync(onChange: (change: NetworkChange) => void): RequestFailure | undefined {
    this.#lost = true;
    const links = this.#requester.dump(encodeDumpLinks(), decodeLink);
    if (links.failure !== undefined) return links.failure;
    const addresses = this.#requester.dump(encodeDumpAddresses(), decodeAddress);
    if (addresses.failure !== undefined) return addresses.failure;
    this.#lost = false;
    for (const change of this.table.resync(links.items, addresses.items)) onChange(change);
    return undefined;
  }

  /**
   * Takes the announcements that wait, a bounded number; when some were lost, first what is left of them, then a
   * fresh look. A failure: that look was refused, and the next call tries again.
   */
  read(onChange: (change: NetworkChange) => void): RequestFailure | undefined {
    for (let reads = 0; reads < READS_A_TURN; reads++) {
      const received = this.#announcements.receive((datagram) => this.#handle(datagram, onChange));
      if (received === "overrun") {
        this.#lost = true;
        this.overruns++;
      } else if (received === 0) {
        return this.#lost ? this.resync(onChange) : undefined;
      }
    }
    return undefined;
  }

  #handle(datagram: Uint8Array, onChange: (change: NetworkChange) => void): void {
    const refusal = splitMessages(datagram, (message) => {
      const changes = this.table.handle(message);
      if (typeof changes === "string") this.refused++;
      else for (const change of changes) onChange(change);
    });
    if (refusal !== undefined) this.refused++;
  }
}
