// Urgent messages between two children, without the parent's loop: each child has one end of a socket pair. The parent
// keeps both ends open, so that the pair outlives either child.

import { receiveMessage, sendMessage } from "../os/net/socket-pair.ts";

/** Of a message as JSON. */
const MOST_OCTETS = 64 * 1024;
/** In one call, so that a flood does not block the loop. */
const MOST_MESSAGES = 64;

type Envelope<Message> = { readonly hello: true } | { readonly message: Message };

export interface LinkHandlers<Message> {
  onMessage(message: Message): void;
  /**
   * A new process is at the other end: send it the whole state, since it got no earlier message. Also called when the
   * first process there starts after this one.
   */
  onPeerStarted(): void;
}

/** One end. The owner watches `fd` and calls `read` when it is readable. */
export class Link<Sent, Received> {
  readonly fd: number;
  readonly #handlers: LinkHandlers<Received>;
  readonly #buffer = new Uint8Array(MOST_OCTETS);

  /** Discards messages to the previous process, and greets the other end. */
  constructor(fd: number, handlers: LinkHandlers<Received>) {
    this.fd = fd;
    this.#handlers = handlers;
    while (receiveMessage(fd, this.#buffer) !== undefined);
    this.#post({ hello: true });
  }

  /** Sends `message`; false if it was dropped because the other process does not read. */
  send(message: Sent): boolean {
    return this.#post({ message });
  }

  /** Reads queued messages, up to a limit. */
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
