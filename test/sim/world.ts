// The clock of a simulation, and everything scheduled on it.

import type { Micros } from "../../src/lib/micros.ts";

interface Entry {
  readonly at: Micros;
  readonly order: number;
  readonly run: () => void;
}

/** True time, which no host knows: host clocks run slightly faster or slower. */
export class World {
  #now: Micros = 0;
  #order = 0;
  /** A binary heap by time, then by the order of scheduling. */
  readonly #heap: Entry[] = [];

  get now(): Micros {
    return this.#now;
  }

  /** Runs `run` at `at`, or now if that has passed. `run` must check whether it still applies. */
  schedule(at: Micros, run: () => void): void {
    const entry = { at: Math.max(at, this.#now), order: this.#order++, run };
    this.#heap.push(entry);
    let index = this.#heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  /** Runs everything scheduled up to and including `until`, which then is the time. */
  runUntil(until: Micros): void {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || first.at > until) break;
      this.#runFirst(first);
    }
    this.#now = Math.max(this.#now, until);
  }

  /** Runs scheduled work while `isWanted` returns true. May be called from within scheduled work. */
  runWhile(isWanted: () => boolean): void {
    while (isWanted()) {
      const first = this.#heap[0];
      if (first === undefined) throw new Error("nothing is left to wait for");
      this.#runFirst(first);
    }
  }

  #runFirst(first: Entry): void {
    this.#removeFirst();
    this.#now = first.at;
    first.run();
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    let index = 0;
    for (;;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child;
      }
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const left = this.#heap[a] as Entry;
    const right = this.#heap[b] as Entry;
    return left.at < right.at || (left.at === right.at && left.order < right.order);
  }

  #swap(a: number, b: number): void {
    const left = this.#heap[a] as Entry;
    this.#heap[a] = this.#heap[b] as Entry;
    this.#heap[b] = left;
  }
}
