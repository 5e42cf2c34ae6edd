// The loop of a child. It reads queued input, thousands of messages if need be, before it acts on a timer, so that a
// process that was suspended first learns what happened meanwhile.

import type { Micros } from "../lib/micros.ts";
import { boottime } from "../os/loop/clock.ts";
import { Epoll } from "../os/loop/epoll.ts";
import { openTimer, type Timer } from "../os/loop/timer.ts";

/** The order of reading in a turn: packets of peers, then messages of the kernel. */
const RANKS = ["packets", "kernel"] as const;

export type Rank = (typeof RANKS)[number];

export interface LoopHandlers {
  /** When `due` must be called next; undefined if never. */
  deadline(): Micros | undefined;
  /** Called in each turn after the sources, whether or not something is due. */
  due(now: Micros): void;
  /** Called last in each turn: acts on all that was read and due. */
  end(now: Micros): void;
  /** Handles a bug; must end the process. */
  fatal(error: unknown): void;
}

type Read = (now: Micros) => void;

export class Loop {
  readonly #handlers: LoopHandlers;
  readonly #epoll = new Epoll();
  readonly #timer: Timer = openTimer();
  readonly #sources = new Map<number, { rank: Rank; read: Read }>();
  #isInTurn = false;
  #deadline: Micros | undefined;
  #worstLatenessMicros: Micros = 0;

  constructor(handlers: LoopHandlers) {
    this.#handlers = handlers;
    this.#epoll.add(this.#timer.fd);
  }

  /** Calls `read` in each turn in which `fd` is readable. */
  add(fd: number, rank: Rank, read: Read): void {
    this.#sources.set(fd, { rank, read });
    this.#epoll.add(fd);
  }

  /** Call it before `fd` is closed. */
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

  /** The longest delay of a turn after its deadline, since the start or `resetLateness`. */
  get worstLatenessMicros(): Micros {
    return this.#worstLatenessMicros;
  }

  resetLateness(): void {
    this.#worstLatenessMicros = 0;
  }

  /**
   * One turn: sources by rank, then `task` (an order of the parent or a signal, delivered by Node), then `due` and
   * `end`. Any error is fatal.
   */
  turn(task?: Read): void {
    if (this.#isInTurn) throw new Error("a turn of the loop began inside another");
    this.#isInTurn = true;
    try {
      const now = boottime();
      this.#noteLateness(now);
      const ready = [...this.#epoll.ready()];
      for (const rank of RANKS) {
        for (const fd of ready) {
          if (fd === this.#timer.fd) continue;
          // An earlier source of this turn may have removed this one.
          const source = this.#sources.get(fd);
          if (source?.rank === rank) source.read(now);
        }
      }
      if (ready.includes(this.#timer.fd)) this.#timer.drain();
      task?.(now);
      this.#handlers.due(now);
      this.#handlers.end(now);
      this.#deadline = this.#handlers.deadline();
      if (this.#deadline === undefined) this.#timer.disarm();
      else this.#timer.arm(this.#deadline);
    } catch (error) {
      this.#handlers.fatal(error);
    } finally {
      this.#isInTurn = false;
    }
  }

  #noteLateness(now: Micros): void {
    if (this.#deadline === undefined) return;
    this.#worstLatenessMicros = Math.max(this.#worstLatenessMicros, now - this.#deadline);
  }

  close(): void {
    this.#epoll.close();
    this.#timer.close();
  }
}
