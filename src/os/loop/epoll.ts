// Readiness of many descriptors through one epoll descriptor, which libuv watches for us.

import koffi from "koffi";
import { assert } from "../../lib/assert.ts";
import { SystemError } from "../ffi/errno.ts";
import { call, lastErrno, libc } from "../ffi/ffi.ts";

/** linux/eventpoll.h */
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 0x1;
const EINTR = 4;

// struct epoll_event is packed on x86-64 alone: 32 bits of events, then 64 bits of data of which we use 32.
const EVENT_WORDS = process.arch === "x64" ? 3 : 4;
const DATA_WORD = process.arch === "x64" ? 1 : 2;

// Under Node 26 what a callback of koffi's leaves to promises and process.nextTick (messages between processes do)
// waits until Node's loop calls something of its own; Node 20 to 24 do it at once.
const LEAVES_MICROTASKS = Number.parseInt(process.versions.node, 10) > 24;

function settleMicrotasks(): void {
  // That it is called from the loop is all there is to it.
}

/**
 * Which of its descriptors are readable. The caller asks with `ready` and calls its handlers in an order of its own,
 * so this knows no handlers. Level-triggered: what is not read to its end is reported again. A descriptor must be in
 * one epoll only and never be given to Node as well.
 */
export class Epoll {
  readonly fd: number;
  readonly #watched = new Set<number>();
  readonly #ready: number[] = [];
  #events = new Int32Array(16 * EVENT_WORDS);
  // Referenced for as long as it watches: a collected handle goes silent without a word.
  #handle: ReturnType<typeof koffi.node.poll> | undefined;

  constructor() {
    this.fd = call("epoll_create1", libc.epoll_create1(EPOLL_CLOEXEC));
  }

  /** Starts to report `fd`. */
  add(fd: number): void {
    const event = new Int32Array(EVENT_WORDS);
    event[0] = EPOLLIN;
    event[DATA_WORD] = fd;
    call("epoll_ctl add", libc.epoll_ctl(this.fd, EPOLL_CTL_ADD, fd, event));
    this.#watched.add(fd);
    // Room for all of them, so that one call reports everything and none waits behind busy ones.
    if (this.#watched.size * EVENT_WORDS > this.#events.length) {
      this.#events = new Int32Array(2 * this.#events.length);
    }
  }

  /** Stops reporting `fd`; to be called before it is closed. */
  remove(fd: number): void {
    if (!this.#watched.delete(fd)) return;
    call("epoll_ctl remove", libc.epoll_ctl(this.fd, EPOLL_CTL_DEL, fd, new Int32Array(4)));
  }

  /**
   * The descriptors that are readable, hung up or in error now; never waits. The array is used again by the next
   * call.
   */
  ready(): readonly number[] {
    const events = this.#events;
    const count = libc.epoll_wait(this.fd, events, events.length / EVENT_WORDS, 0);
    this.#ready.length = 0;
    if (count < 0) {
      const errno = lastErrno();
      if (errno !== EINTR) throw new SystemError("epoll_wait", errno);
    }
    for (let index = 0; index < count; index++) {
      this.#ready.push(events[index * EVENT_WORDS + DATA_WORD] as number);
    }
    return this.#ready;
  }

  /**
   * Calls `onWake` from Node's loop while any descriptor is readable, and keeps the process alive. What `onWake`
   * throws would be swallowed on its way through C, so it goes to `onFatal`, which must end the process.
   */
  watch(onWake: () => void, onFatal: (error: unknown) => void): void {
    assert(this.#handle === undefined, "an epoll is watched twice");
    this.#handle = koffi.node.poll(this.fd, { readable: true }, () => {
      try {
        onWake();
      } catch (error) {
        onFatal(error);
      }
      if (LEAVES_MICROTASKS) setImmediate(settleMicrotasks);
    });
  }

  /** Ends the watch and closes the epoll descriptor; the descriptors in it stay open. */
  close(): void {
    this.#handle?.close();
    this.#handle = undefined;
    call("close epoll", libc.close(this.fd));
  }
}
