// Sending many datagrams by as few system calls as the kernel allows.

import { assert } from "../../lib/assert.ts";
import { errnoNumber } from "../ffi/errno.ts";
import { lastErrno, libc } from "../ffi/ffi.ts";
import { MessageHeaders, numericAddressOf } from "./message-headers.ts";
import { isSendError, takePendingError } from "./pending-error.ts";

/** linux/socket.h */
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** A message that did not leave: its place in the order of `add`, from 0, and why. */
export interface SendFailure {
  readonly index: number;
  readonly errno: number;
}

/** Makes one attempt to send (its result is 0 or an errno) while no error from elsewhere can reach the socket. */
export type Shield = (attempt: () => number) => number;

/** Datagrams that leave together. The memory is kept and grows with the largest batch so far. */
export class MessageBatch {
  #arena = new Uint8Array(new ArrayBuffer(16 * 1024));
  #used = 0;
  #headers = new MessageHeaders(16);
  // Per message: where payload, address and control messages begin in the arena, and their octets.
  readonly #pieces: number[] = [];

  get size(): number {
    return this.#pieces.length / 6;
  }

  /**
   * Copies one datagram in. `address` is a socket address as the kernel lays it out, or undefined on a connected
   * socket; `control` one or more `struct cmsghdr`.
   */
  add(bytes: Uint8Array, address?: Uint8Array, control?: Uint8Array): void {
    this.#store(bytes);
    this.#store(address);
    this.#store(control);
  }

  /**
   * Sends everything through `fd`, in order, and empties the batch. Never waits and never throws for a message: the
   * others leave although one is refused. When the send buffer is full (EAGAIN), all that are left are failures.
   * An error that may have been pending on the socket is no failure: the message is sent once more, under `shield`,
   * and that result counts. Without a `shield` the pending error is only cleared first.
   */
  send(fd: number, shield?: Shield): SendFailure[] {
    const count = this.size;
    this.#layOut(count);
    const failures: SendFailure[] = [];
    let next = 0;
    while (next < count) {
      // The error of a message in the middle is told by the call that begins with it.
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

  /** One call for the messages `[start, end)`: how many left, or the negative errno of the first one. */
  #sendSome(fd: number, start: number, end: number): number {
    for (;;) {
      const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      const sent = libc.sendmmsg(fd, this.#headers.from(start), end - start, flags);
      assert(sent !== 0, "sendmmsg sent nothing and gave no reason");
      if (sent > 0) return sent;
      const errno = lastErrno();
      if (errno !== errnoNumber.EINTR) return -errno;
    }
  }

  /** Gives the message's own errno, or 0 if it left. */
  #sendAgain(fd: number, index: number, shield: Shield = (attempt) => attempt()): number {
    return shield(() => {
      takePendingError(fd);
      return Math.max(0, -this.#sendSome(fd, index, index + 1));
    });
  }

  /** Forgets what was added. */
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
    // Control messages begin at a multiple of eight.
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
