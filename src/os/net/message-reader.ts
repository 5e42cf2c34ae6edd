// Receives many datagrams by one system call into preallocated buffers.

import { assert } from "../../lib/assert.ts";
import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { lastErrno, libc } from "../ffi/ffi.ts";
import { MessageHeaders, numericAddressOf } from "./message-headers.ts";
import { isReceiveError } from "./pending-error.ts";
import { MSG_DONTWAIT } from "./socket.ts";

/** linux/socket.h */
const MSG_TRUNC = 0x20;

/** Errors may arrive as fast as they are read: continue in the next turn of the loop. */
const MAX_PENDING_ERRORS = 16;

/** struct sockaddr_storage, the longest socket address. */
const SENDER_OCTETS = 128;

/** Metadata of a datagram. Like its bytes, valid only until the handler returns. */
export interface MessageMeta {
  /** The sender's struct sockaddr; empty if there is none. */
  readonly sender: Uint8Array;
  /** The control messages, a sequence of `struct cmsghdr`; empty if none were requested. */
  readonly control: Uint8Array;
  /** The datagram was longer than its buffer, and the rest is lost. */
  readonly truncated: boolean;
}

export interface MessageReaderOptions {
  /** The maximum number of datagrams per call; default 64. */
  readonly messages?: number;
  /** The maximum size of a datagram; default 2048. */
  readonly octets?: number;
  /** The space for control messages; default 0. */
  readonly controlOctets?: number;
}

/** Buffers for one batch of datagrams. A reader can serve any number of sockets in turn. */
export class MessageReader {
  /** The maximum number of datagrams per `receive`. */
  readonly capacity: number;
  readonly #headers: MessageHeaders;
  readonly #payloads: Slots;
  readonly #senders: Slots;
  readonly #controls: Slots;
  readonly #meta: { sender: Uint8Array; control: Uint8Array; truncated: boolean };
  #busy = false;

  constructor({ messages = 64, octets = 2048, controlOctets = 0 }: MessageReaderOptions = {}) {
    this.capacity = messages;
    this.#headers = new MessageHeaders(messages);
    this.#payloads = new Slots(messages, octets);
    this.#senders = new Slots(messages, SENDER_OCTETS);
    this.#controls = new Slots(messages, controlOctets);
    for (let index = 0; index < messages; index++) {
      this.#headers.setPayload(index, this.#payloads.address(index), octets);
      this.#resetHeader(index);
    }
    this.#meta = {
      sender: this.#senders.view(0, 0),
      control: this.#controls.view(0, 0),
      truncated: false,
    };
  }

  /**
   * Reads up to `capacity` queued datagrams from `fd` and passes each to `onMessage`, which must not use this reader;
   * `bytes` and `meta` are valid only until it returns. Returns the number of datagrams: if it is less than `capacity`,
   * the queue is empty, or the rest should wait for the next turn of the loop. Passes pending socket errors to
   * `onPendingError` and goes on reading. Throws a SystemError if the call itself fails.
   */
  receive(
    fd: number,
    onMessage: (bytes: Uint8Array, meta: MessageMeta) => void,
    onPendingError?: (errno: number) => void,
  ): number {
    assert(!this.#busy, "a handler used its own message reader");
    const headers = this.#headers;
    const count = receiveMany(fd, headers, onPendingError);
    this.#busy = true;
    try {
      for (let index = 0; index < count; index++) {
        this.#meta.sender = this.#senders.view(index, headers.nameOctets(index));
        this.#meta.control = this.#controls.view(index, headers.controlOctets(index));
        this.#meta.truncated = (headers.flags(index) & MSG_TRUNC) !== 0;
        onMessage(this.#payloads.view(index, headers.length(index)), this.#meta);
      }
    } finally {
      for (let index = 0; index < count; index++) this.#resetHeader(index);
      this.#busy = false;
    }
    return count;
  }

  /** Sets the buffer sizes, which the kernel overwrites with the sizes it used. */
  #resetHeader(index: number): void {
    this.#headers.setName(index, this.#senders.address(index), this.#senders.octets);
    this.#headers.setControl(index, this.#controls.address(index), this.#controls.octets);
  }
}

/** Receives into `headers` and returns how many were filled; 0 if the queue is empty. */
function receiveMany(
  fd: number,
  headers: MessageHeaders,
  onPendingError?: (errno: number) => void,
): number {
  for (let pendingErrors = 0; pendingErrors < MAX_PENDING_ERRORS; ) {
    const count = libc.recvmmsg(fd, headers.from(0), headers.count, MSG_DONTWAIT, null);
    if (count >= 0) return count;
    const errno = lastErrno();
    if (errno === errnoNumber.EAGAIN) return 0;
    if (errno === errnoNumber.EINTR) continue;
    if (isReceiveError(errno)) throw new SystemError("recvmmsg", errno);
    onPendingError?.(errno);
    pendingErrors++;
  }
  return 0;
}

/** An array of equal buffers in one block of memory. */
class Slots {
  readonly octets: number;
  readonly #buffer: ArrayBuffer;
  readonly #address: number;
  readonly #views: Uint8Array[] = [];

  constructor(count: number, octets: number) {
    this.octets = octets;
    this.#buffer = new ArrayBuffer(count * octets);
    this.#address = octets === 0 ? 0 : numericAddressOf(this.#buffer);
    for (let index = 0; index < count; index++) {
      this.#views.push(new Uint8Array(this.#buffer, index * octets, 0));
    }
  }

  address(index: number): number {
    return this.#address + index * this.octets;
  }

  /** The first octets of a slot. Caches the last view, since datagrams of one kind have the same length. */
  view(index: number, octets: number): Uint8Array {
    const last = this.#views[index] as Uint8Array;
    if (last.length === octets) return last;
    const view = new Uint8Array(this.#buffer, index * this.octets, Math.min(octets, this.octets));
    this.#views[index] = view;
    return view;
  }
}
