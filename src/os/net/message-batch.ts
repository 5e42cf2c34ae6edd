// Sends many datagrams by as few system calls as possible.

import { assert } from "../../lib/assert.ts";
import { errnoNumber } from "../ffi/errno.ts";
import { lastErrno, libc } from "../ffi/ffi.ts";
import { MessageHeaders, numericAddressOf } from "./message-headers.ts";
import { isSendError, takePendingError } from "./pending-error.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL } from "./socket.ts";

/** A message that was not sent: its index in the order of `add`, from 0, and the errno. */
export interface SendFailure {
  readonly index: number;
  readonly errno: number;
}

/** Runs `attempt`, which sends once and returns 0 or an errno, while no foreign error can reach the socket. */
export type Shield = (attempt: () => number) => number;

/** Datagrams to be sent together. The memory is reused and grows with the largest batch. */
export class MessageBatch {
  #arena = new Uint8Array(new ArrayBuffer(16 * 1024));
  #used = 0;
  #headers = new MessageHeaders(16);
  // Per message: offset in the arena and octets of payload, address and control messages.
  readonly #pieces: number[] = [];

  get size(): number {
    return this.#pieces.length / 6;
  }

  /**
   * Adds a copy of one datagram. `address` is a struct sockaddr, or undefined on a connected socket; `control` is one
   * or more `struct cmsghdr`.
   */
  add(bytes: Uint8Array, address?: Uint8Array, control?: Uint8Array): void {
    this.#store(bytes);
    this.#store(address);
    this.#store(control);
  }

  /**
   * Sends all messages through `fd` in order and empties the batch. Returns the failures; a failed message does not stop
   * the others, except that all remaining messages fail if the send buffer is full (EAGAIN). Never blocks. An error
   * that may have been pending on the socket does not count: it is cleared, the message is sent again under `shield`,
   * and that result counts.
   */
  send(fd: number, shield?: Shield): SendFailure[] {
    const count = this.size;
    this.#layOut(count);
    const failures: SendFailure[] = [];
    let next = 0;
    while (next < count) {
      // sendmmsg stops before a failing message; the next call, which begins with it, returns its error.
      const sent = this.#sendSome(fd, next, count);
      if (sent > 0) {
        next += sent;
        continue;
      }
      const errno = isSendError(-sent) ? -sent : this.#sendAgain(fd, next, shield);
      if (errno === 0) {
        next++;
        continue;
      }
      const refused = errno === errnoNumber.EAGAIN ? count : next + 1;
      while (next < refused) failures.push({ index: next++, errno });
    }
    this.clear();
    return failures;
  }

  /** One call for the messages `[start, end)`. Returns the number sent, or the negative errno of the first one. */
  #sendSome(fd: number, start: number, end: number): number {
    for (;;) {
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      const sent = libc.sendmmsg(fd, this.#headers.from(start), end - start, flags);
      assert(sent !== 0, "sendmmsg returned 0");
      if (sent > 0) return sent;
      const errno = lastErrno();
      if (errno !== errnoNumber.EINTR) return -errno;
    }
  }

  /** Sends one message again and returns its own errno, or 0 if it was sent. */
  #sendAgain(fd: number, index: number, shield: Shield = (attempt) => attempt()): number {
    return shield(() => {
      takePendingError(fd);
      return Math.max(0, -this.#sendSome(fd, index, index + 1));
    });
  }

  /** Empties the batch without sending. */
  clear(): void {
    this.#pieces.length = 0;
    this.#used = 0;
  }

  #store(bytes: Uint8Array | undefined): void {
    const octets = bytes?.length ?? 0;
    const start = this.#used;
    if (start + octets > this.#arena.length) {
      const larger = new Uint8Array(new ArrayBuffer(2 * (start + octets)));
      larger.set(this.#arena.subarray(0, start));
      this.#arena = larger;
    }
    if (bytes !== undefined) this.#arena.set(bytes, start);
    this.#pieces.push(start, octets);
    // Control messages must be aligned to eight octets.
    this.#used = (start + octets + 7) & ~7;
  }

  #layOut(count: number): void {
    if (count > this.#headers.count) this.#headers = new MessageHeaders(2 * count);
    const base = numericAddressOf(this.#arena.buffer);
    const pieces = this.#pieces;
    for (let index = 0; index < count; index++) {
      const at = index * 6;
      const piece = (which: number): number => pieces[at + which] as number;
      this.#headers.setPayload(index, base + piece(0), piece(1));
      this.#headers.setName(index, base + piece(2), piece(3));
      this.#headers.setControl(index, base + piece(4), piece(5));
    }
  }
}
