// Receiving many datagrams by one system call, into buffers that are made once.

import { assert } from "../../lib/assert.ts";
import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { lastErrno, libc } from "../ffi/ffi.ts";
import { MessageHeaders, numericAddressOf } from "./message-headers.ts";
import { isReceiveError } from "./pending-error.ts";

/** linux/socket.h */
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

/** They may come as fast as one call takes them away: what is left waits for the next turn. */
const MOST_PENDING_ERRORS = 16;

/** struct sockaddr_storage, the longest socket address. */
const SENDER_OCTETS = 128;

/** What came with a datagram. Valid, like its bytes, only until the handler returns. */
export interface MessageMeta {
  /** The sender's socket address as the kernel lays it out; empty when there is none. */
  readonly sender: Uint8Array;
  /** The control messages, one `struct cmsghdr` after the other; empty when none was asked for. */
  readonly control: Uint8Array;
  /** It was longer than its buffer: the rest is lost. */
  readonly truncated: boolean;
}

export interface MessageReaderOptions {
  /** How many datagrams one call takes at most; 64 when not said. */
  readonly messages?: number;
  /** The longest datagram that fits; 2048 when not said. */
  readonly octets?: number;
  /** Room for control messages; none when not said. */
  readonly controlOctets?: number;
}

/** Buffers for one batch of datagrams. One reader serves any number of sockets, one after the other. */
export class MessageReader {
  /** How many datagrams one `receive` takes at most. */
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
      this.#makeRoom(index);
    }
    this.#meta = {
      sender: this.#senders.view(0, 0),
      control: this.#controls.view(0, 0),
      truncated: false,
    };
  }

  /**
   * Takes what waits in `fd`, at most `capacity` datagrams, and hands each to `onMessage`; `bytes` and `meta` are
   * valid only until it returns, and it must not use this reader. Gives how many there were: fewer than `capacity`
   * means that nothing is left, or that the next call should wait for another turn. Errors that were pending on the
   * socket go to `onPendingError` and keep no datagram back. Throws a SystemError where the call itself is at fault.
   */
  receive(
    fd: number,
    onMessage: (bytes: Uint8Array, meta: MessageMeta) => void,
    onPendingError?: (errno: number) => void,
  ): number {
    assert(!this.#busy, "a message reader is used by its own handler");
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
      for (let index = 0; index < count; index++) this.#makeRoom(index);
      this.#busy = false;
    }
    return count;
  }

  /** Says how much room there is; the kernel overwrites it with what it used. */
  #makeRoom(index: number): void {
    this.#headers.setName(index, this.#senders.address(index), this.#senders.octets);
    this.#headers.setControl(index, this.#controls.address(index), this.#controls.octets);
  }
}

/** How many of the headers the kernel has filled; 0 when nothing waits. */
function receiveMany(
  fd: number,
  headers: MessageHeaders,
  onPendingError?: (errno: number) => void,
): number {
  for (let pendingErrors = 0; pendingErrors < MOST_PENDING_ERRORS; ) {
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

/** Equal pieces of one piece of memory. */
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

  /** The first octets of a slot. Datagrams of a kind are of one length, so the last view is kept. */
  view(index: number, octets: number): Uint8Array {
    const last = this.#views[index] as Uint8Array;
    if (last.length === octets) return last;
    const view = new Uint8Array(this.#buffer, index * this.octets, Math.min(octets, this.octets));
    this.#views[index] = view;
    return view;
  }
}
