// A heap of deadlines, for any number of engines.

import type { Micros } from "./micros.ts";

interface Entry<Key> {
  readonly key: Key;
  at: Micros;
  order: number;
  /** The index in the heap. */
  position: number;
}

/**
 * A binary heap of keys by deadline, each key at most once. Keys with the same deadline are returned in the order in
 * which they were set, so that a run can be replayed.
 */
export class DeadlineHeap<Key> {
  readonly #heap: Entry<Key>[] = [];
  // Entries know their index, so that moving one needs no look-up.
  readonly #entries = new Map<Key, Entry<Key>>();
  #order = 0;

  /** Sets or changes the deadline of `key`; undefined removes it. */
  set(key: Key, at: Micros | undefined): void {
    const entry = this.#entries.get(key);
    if (at === undefined) {
      if (entry !== undefined) this.#remove(entry);
    } else if (entry === undefined) {
      const added = { key, at, order: this.#order++, position: this.#heap.length };
      this.#entries.set(key, added);
      this.#heap.push(added);
      this.#up(added);
    } else if (at !== entry.at) {
      const isLater = at > entry.at;
      entry.at = at;
      entry.order = this.#order++;
      if (isLater) this.#down(entry);
      else this.#up(entry);
    }
  }

  /** The earliest deadline, or undefined if the heap is empty. */
  next(): Micros | undefined {
    return this.#heap[0]?.at;
  }

  /** Removes and returns the first key that is due at `now`, or undefined. */
  popDue(now: Micros): Key | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.#remove(first);
    return first.key;
  }

  get size(): number {
    return this.#heap.length;
  }

  #remove(entry: Entry<Key>): void {
    this.#entries.delete(entry.key);
    const last = this.#heap.pop();
    if (last === undefined || last === entry) return;
    this.#put(last, entry.position);
    this.#up(last);
    this.#down(last);
  }

  #put(entry: Entry<Key>, position: number): void {
    this.#heap[position] = entry;
    entry.position = position;
  }

  #up(entry: Entry<Key>): void {
    let { position } = entry;
    while (position > 0) {
      const parent = this.#heap[(position - 1) >> 1] as Entry<Key>;
      if (!isBefore(entry, parent)) break;
      const free = parent.position;
      this.#put(parent, position);
      position = free;
    }
    this.#put(entry, position);
  }

  #down(entry: Entry<Key>): void {
    let { position } = entry;
    for (;;) {
      const left = this.#heap[2 * position + 1];
      const right = this.#heap[2 * position + 2];
      const child = right !== undefined && isBefore(right, left as Entry<Key>) ? right : left;
      if (child === undefined || !isBefore(child, entry)) break;
      const free = child.position;
      this.#put(child, position);
      position = free;
    }
    this.#put(entry, position);
  }
}

function isBefore<Key>(a: Entry<Key>, b: Entry<Key>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
