// The one heap of deadlines of a process: what is due next, for any number of engines.

import type { Micros } from "./micros.ts";

/**
 * A binary heap of keys by deadline, each key at most once. Keys that are due at the same instant leave in the
 * order in which they were set, so that a run can be replayed.
 */
export class DeadlineHeap<Key> {
  readonly #entries: { key: Key; at: Micros; order: number }[] = [];
  readonly #positions = new Map<Key, number>();
  #order = 0;

  /** Sets or moves the deadline of `key`; undefined takes it out. */
  set(key: Key, at: Micros | undefined): void {
    const position = this.#positions.get(key);
    if (position === undefined) {
      if (at === undefined) return;
      this.#entries.push({ key, at, order: this.#order++ });
      this.#up(this.#entries.length - 1);
      return;
    }
    const entry = this.#at(position);
    if (at === undefined) {
      this.#removeAt(position);
    } else if (at !== entry.at) {
      entry.at = at;
      entry.order = this.#order++;
      this.#down(this.#up(position));
    }
  }

  /** The earliest deadline, or undefined when nothing waits. */
  next(): Micros | undefined {
    return this.#entries[0]?.at;
  }

  /** Takes out and returns the first key that is due at `now`, or undefined. */
  popDue(now: Micros): Key | undefined {
    const first = this.#entries[0];
    if (first === undefined || first.at > now) return undefined;
    this.#removeAt(0);
    return first.key;
  }

  get size(): number {
    return this.#entries.length;
  }

  #at(position: number): { key: Key; at: Micros; order: number } {
    return this.#entries[position] as { key: Key; at: Micros; order: number };
  }

  #before(a: number, b: number): boolean {
    const left = this.#at(a);
    const right = this.#at(b);
    return left.at < right.at || (left.at === right.at && left.order < right.order);
  }

  #swap(a: number, b: number): void {
    const left = this.#at(a);
    const right = this.#at(b);
    this.#entries[a] = right;
    this.#entries[b] = left;
    this.#positions.set(right.key, a).set(left.key, b);
  }

  #up(from: number): number {
    let position = from;
    this.#positions.set(this.#at(position).key, position);
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (!this.#before(position, parent)) break;
      this.#swap(position, parent);
      position = parent;
    }
    return position;
  }

  #down(from: number): void {
    let position = from;
    for (;;) {
      let first = position;
      for (const child of [2 * position + 1, 2 * position + 2]) {
        if (child < this.#entries.length && this.#before(child, first)) first = child;
      }
      if (first === position) return;
      this.#swap(position, first);
      position = first;
    }
  }

  #removeAt(position: number): void {
    const last = this.#entries.length - 1;
    if (position !== last) this.#swap(position, last);
    const removed = this.#entries.pop();
    if (removed !== undefined) this.#positions.delete(removed.key);
    if (position < last) this.#down(this.#up(position));
  }
}
