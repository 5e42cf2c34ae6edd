// Urgent messages between two children, past the parent's loop: each holds one end of a pair of sockets that the parent
// made, and the parent keeps both, so that the pair outlives either child.

import { receiveMessage, sendMessage } from "../os/net/socket-pair.ts";

/** The most octets of a message, as JSON. */
const MOST_OCTETS = 64 * 1024;
/** How many messages one call reads: a peer that does nothing but send does not hold up the loop. */
const MOST_MESSAGES = 64;

type Envelope<Message> = { readonly hello: true } | { readonly message: Message };

export interface LinkHandlers<Message> {
  onMessage(message: Message): void;
  /**
   * The process at the other end is a new one: it knows nothing of what was sent before, so that all that still holds
   * is to be sent again. Also called for the first one that starts later than this process.
   */
  onPeerStarted(): void;
}

/** One end. `fd` is to be watched, and `read` called when it is readable. */
export class Link<Sent, Received> {
  readonly fd: number;
  readonly #handlers: LinkHandlers<Received>;
  readonly #buffer = new Uint8Array(MOST_OCTETS);

  /** Discards what was meant for the process before this one, and makes itself known. */
  constructor(fd: number, handlers: LinkHandlers<Received>) {
    this.fd = fd;
    this.#handlers = handlers;
    while (receiveMessage(fd, this.#buffer) !== undefined);
    this.#post({ hello: true });
  }

  /** Sends `message`; false where the other process does not read: a new one gets a fresh start. */
  send(message: Sent): boolean {
    return this.#post({ message });
  }

  /** Reads what waits. */
  read(): void {
    for (let count = 0; count < MOST_MESSAGES; count++) {
      const octets = receiveMessage(this.fd, this.#buffer);
      if (octets === undefined) return;
      const envelope = JSON.parse(new TextDecoder().decode(octets)) as Envelope<Received>;
      if ("hello" in envelope) this.#handlers.onPeerStarted();
      else this.#handlers.onMessage(envelope.message);
    }
  }

  #post(envelope: Envelope<Sent>): boolean {
    return sendMessage(this.fd, new TextEncoder().encode(JSON.stringify(envelope)));
  }
}
