// The loop of a child: what waits is read before anything that is due, so that a process that slept looks first.

import type { Micros } from "../lib/micros.ts";
import { boottime } from "../os/loop/clock.ts";
import { Epoll } from "../os/loop/epoll.ts";
import { openTimer, type Timer } from "../os/loop/timer.ts";

/** What is read first in a turn: packets of peers, then what the kernel tells. */
const RANKS = ["packets", "kernel"] as const;

export type Rank = (typeof RANKS)[number];

export interface LoopHandlers {
  /** The next instant at which `due` must be called, or undefined. */
  deadline(): Micros | undefined;
  /** Called in each turn behind the sources, whether or not something is due. */
  due(now: Micros): void;
  /** The end of a turn: everything that was read and due is known, now act. */
  end(now: Micros): void;
  /** A bug: must end the process. */
  fatal(error: unknown): void;
}

type Read = (now: Micros) => void;

/** One epoll, one timer, turns. */
export class Loop {
  readonly #handlers: LoopHandlers;
  readonly #epoll = new Epoll();
  readonly #timer: Timer = openTimer();
  readonly #sources = new Map<number, { rank: Rank; read: Read }>();
  #isInTurn = false;

  constructor(handlers: LoopHandlers) {
    this.#handlers = handlers;
    this.#epoll.add(this.#timer.fd);
  }

  /** Reads `fd` by `read` in each turn in which it is readable. */
  add(fd: number, rank: Rank, read: Read): void {
    this.#sources.set(fd, { rank, read });
    this.#epoll.add(fd);
  }

  /** To be called before `fd` is closed. */
  remove(fd: number): void {
    if (this.#sources.delete(fd)) this.#epoll.remove(fd);
  }

  start(): void {
    this.#epoll.watch(
      () => this.turn(),
      (error) => this.#handlers.fatal(error),
    );
    this.turn();
  }

  /**
   * One turn: sources by rank, then `task` (something that Node brought: an order of the parent, a signal), then
   * what is due. Whatever `task` throws is fatal.
   */
  turn(task?: Read): void {
    if (this.#isInTurn) throw new Error("a turn of the loop began inside another");
    this.#isInTurn = true;
    try {
      const now = boottime();
      const ready = [...this.#epoll.ready()];
      for (const rank of RANKS) {
        for (const fd of ready) {
          if (fd === this.#timer.fd) continue;
          // An earlier source of this turn may have taken this one away.
          const source = this.#sources.get(fd);
          if (source?.rank === rank) source.read(now);
        }
      }
      if (ready.includes(this.#timer.fd)) this.#timer.drain();
      task?.(now);
      this.#handlers.due(now);
      this.#handlers.end(now);
      const next = this.#handlers.deadline();
      if (next === undefined) this.#timer.disarm();
      else this.#timer.arm(next);
    } catch (error) {
      this.#handlers.fatal(error);
    } finally {
      this.#isInTurn = false;
    }
  }

  close(): void {
    this.#epoll.close();
    this.#timer.close();
  }
}
