// Readiness of many descriptors through one epoll descriptor, which libuv polls.

import { assert } from "../../lib/assert.ts";
import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { call, lastErrno, libc } from "../ffi/ffi.ts";
import { koffi } from "../ffi/koffi.ts";

/** linux/eventpoll.h */
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 0x1;

// struct epoll_event is packed on x86-64 alone: 32 bits of events, then 64 bits of data of which we use 32.
const EVENT_WORDS = process.arch === "x64" ? 3 : 4;
const DATA_WORD = process.arch === "x64" ? 1 : 2;

// Under Node 26, promises and process.nextTick queued in a koffi callback (process messages use both) run only after
// the next callback of Node's own loop. Node 20 to 24 run them at once.
const DELAYS_MICROTASKS = Number.parseInt(process.versions.node, 10) > 24;

function runMicrotasks(): void {
  // Empty: Node runs the queued microtasks after any callback of its own loop.
}

/**
 * A level-triggered epoll set of readable descriptors. It has no handlers: the caller gets the descriptors from `ready`
 * and calls its handlers in its own order. A descriptor may be in one set only and must not be passed to Node.
 */
export class Epoll {
  readonly fd: number;
  readonly #watched = new Set<number>();
  readonly #ready: number[] = [];
  #events = new Int32Array(16 * EVENT_WORDS);
  // Keep a reference: a garbage-collected handle stops reporting without an error.
  #handle: ReturnType<typeof koffi.node.poll> | undefined;

  constructor() {
    this.fd = call("epoll_create1", libc.epoll_create1(EPOLL_CLOEXEC));
  }

  /** Starts reporting `fd`. */
  add(fd: number): void {
    const event = new Int32Array(EVENT_WORDS);
    event[0] = EPOLLIN;
    event[DATA_WORD] = fd;
    call("epoll_ctl add", libc.epoll_ctl(this.fd, EPOLL_CTL_ADD, fd, event));
    this.#watched.add(fd);
    // Room for all, so that one call reports every ready descriptor and busy ones starve none.
    if (this.#watched.size * EVENT_WORDS > this.#events.length) {
      this.#events = new Int32Array(2 * this.#events.length);
    }
  }

  /** Stops reporting `fd`. Call it before closing `fd`. */
  remove(fd: number): void {
    if (!this.#watched.delete(fd)) return;
    call("epoll_ctl remove", libc.epoll_ctl(this.fd, EPOLL_CTL_DEL, fd, new Int32Array(4)));
  }

  /** The descriptors that are now readable, hung up or in error. Does not block. The next call reuses the array. */
  ready(): readonly number[] {
    const events = this.#events;
    const count = libc.epoll_wait(this.fd, events, events.length / EVENT_WORDS, 0);
    this.#ready.length = 0;
    if (count < 0) {
      const errno = lastErrno();
      if (errno !== errnoNumber.EINTR) throw new SystemError("epoll_wait", errno);
    }
    for (let index = 0; index < count; index++) {
      this.#ready.push(events[index * EVENT_WORDS + DATA_WORD] as number);
    }
    return this.#ready;
  }

  /**
   * Calls `onWake` from Node's loop while any descriptor is readable, and keeps the process alive. An exception in
   * `onWake` would be lost in C code, so it is passed to `onFatal`, which must end the process.
   */
  watch(onWake: () => void, onFatal: (error: unknown) => void): void {
    assert(this.#handle === undefined, "an epoll is watched twice");
    this.#handle = koffi.node.poll(this.fd, { readable: true }, () => {
      try {
        onWake();
      } catch (error) {
        onFatal(error);
      }
      if (DELAYS_MICROTASKS) setImmediate(runMicrotasks);
    });
  }

  /** Stops watching and closes the epoll descriptor. The descriptors in the set stay open. */
  close(): void {
    this.#handle?.close();
    this.#handle = undefined;
    call("close epoll", libc.close(this.fd));
  }
}
