// A child's state in memory that outlives it: a file that the parent creates and both processes map.

import { assert, defined } from "../lib/assert.ts";
import type { Micros } from "../lib/micros.ts";

/**
 * Layout, in native words: a header of 64 octets (magic, generation, heartbeat), then the sections, each with one slot
 * per item. A slot holds two copies (sequence, generation, fields, checksum), written in turn, so that a process killed
 * during a write leaves the older copy intact.
 */
const MAGIC = 0x48464453;
const HEADER_OCTETS = 64;
const HEADER_GENERATION = 1;
const HEADER_HEARTBEAT_DOUBLE = 1;
/** Sequence and generation before the fields, checksum after them. */
const FRAME_WORDS = 3;
const TWO_POW_32 = 0x1_0000_0000;

/** The name of the memory file. Only processes of a holdfast daemon have it open. */
export const RECORD_FILE_NAME = "holdfast-records";

/** Stores a value of a record in words of 32 bits. */
export interface Field<T> {
  readonly words: number;
  put(value: T, words: Uint32Array, at: number): void;
  take(words: Uint32Array, at: number): T;
}

/** Whole numbers below 2^32. */
export const wordField: Field<number> = {
  words: 1,
  put: (value, words, at) => {
    words[at] = value;
  },
  take: (words, at) => words[at] as number,
};

/** Whole numbers up to 255. */
export const octetField: Field<number> = {
  words: 1,
  put: (value, words, at) => {
    assert(value >= 0 && value <= 0xff, "the value does not fit into an octet");
    words[at] = value;
  },
  take: (words, at) => (words[at] as number) & 0xff,
};

export const flagField: Field<boolean> = {
  words: 1,
  put: (value, words, at) => {
    words[at] = value ? 1 : 0;
  },
  take: (words, at) => words[at] === 1,
};

export const microsField: Field<Micros> = {
  words: 2,
  put: (value, words, at) => {
    words[at] = value % TWO_POW_32;
    words[at + 1] = Math.floor(value / TWO_POW_32);
  },
  take: (words, at) => (words[at] as number) + (words[at + 1] as number) * TWO_POW_32,
};

/** One of `values`, by its index. */
export function choiceField<T>(values: readonly [T, ...T[]]): Field<T> {
  return {
    words: 1,
    put: (value, words, at) => {
      words[at] = values.indexOf(value);
    },
    take: (words, at) => values[words[at] as number] ?? values[0],
  };
}

/** A kind of section: the records of all items of one kind. */
export interface SectionKind<T> extends AnySectionKind {
  readonly fields: { readonly [name in keyof T]: Field<T[name]> };
}

export interface AnySectionKind {
  readonly name: string;
  /** Change it with the meaning of a field: records of other versions are ignored. */
  readonly version: number;
  /** The most items. Unused slots take no memory. */
  readonly capacity: number;
  readonly fields: object;
}

/** Octets of the file of `kinds`; independent of the configuration, so that a reload never resizes it. */
export function recordFileOctets(kinds: readonly AnySectionKind[]): number {
  return kinds.reduce((octets, kind) => octets + sectionOctets(kind), HEADER_OCTETS);
}

/** The records that a child writes and the parent reads. `generation` counts configurations. */
export class RecordFile {
  readonly #words: Uint32Array;
  readonly #doubles: Float64Array;
  readonly #sections = new Map<AnySectionKind, Section<unknown>>();

  /** `memory` is the mapped file of `recordFileOctets(kinds)`, aligned to 8 octets. */
  constructor(memory: Uint8Array, kinds: readonly AnySectionKind[]) {
    const octets = recordFileOctets(kinds);
    assert(memory.length >= octets, "the record file is too short");
    this.#words = new Uint32Array(memory.buffer, memory.byteOffset, octets / 4);
    this.#doubles = new Float64Array(memory.buffer, memory.byteOffset, octets / 8);
    let first = HEADER_OCTETS / 4;
    for (const kind of kinds) {
      this.#sections.set(kind, new Section(kind as SectionKind<unknown>, this.#words, first));
      first += sectionOctets(kind) / 4;
    }
  }

  /** Begins a configuration, which invalidates the records of other generations. */
  begin(generation: number): void {
    this.#words[0] = MAGIC;
    this.#words[HEADER_GENERATION] = generation;
  }

  get generation(): number {
    return this.#words[0] === MAGIC ? (this.#words[HEADER_GENERATION] as number) : 0;
  }

  /** The loop was alive at `now`. */
  beat(now: Micros): void {
    this.#doubles[HEADER_HEARTBEAT_DOUBLE] = now;
  }

  /** When the loop was last alive; zero if never. */
  get heartbeatAt(): Micros {
    return this.#doubles[HEADER_HEARTBEAT_DOUBLE] as number;
  }

  /** The section of a kind that the file was made for. */
  section<T>(kind: SectionKind<T>): Section<T> {
    return defined(this.#sections.get(kind), `a section ${kind.name}`) as Section<T>;
  }
}

/** The records of one kind, by the index of their items in the configuration. */
export class Section<T> {
  readonly #words: Uint32Array;
  readonly #first: number;
  readonly #capacity: number;
  readonly #fields: readonly (readonly [name: keyof T, field: Field<T[keyof T]>, at: number])[];
  readonly #copyWords: number;
  readonly #slotWords: number;
  /** Starts every checksum, so that records of another kind or version do not match. */
  readonly #seed: number;

  /** `first`: its first word in `words`. */
  constructor(kind: SectionKind<T>, words: Uint32Array, first: number) {
    this.#words = words;
    this.#first = first;
    this.#capacity = kind.capacity;
    this.#copyWords = copyWords(kind);
    this.#slotWords = slotWords(kind);
    this.#seed = seedOf(kind);
    let at = FRAME_WORDS - 1;
    this.#fields = fieldsOf(kind).map(([name, field]) => {
      at += field.words;
      return [name, field, at - field.words] as const;
    });
  }

  /** Writes the record of the item at `index` of the current configuration. */
  write(index: number, record: T): void {
    assert(index < this.#capacity, "too many items for the record file");
    const words = this.#words;
    const first = this.#first + index * this.#slotWords;
    const firstSequence = words[first] as number;
    const secondSequence = words[first + this.#copyWords] as number;
    const older = isNewer(firstSequence, secondSequence) ? first + this.#copyWords : first;
    const newest = older === first ? secondSequence : firstSequence;
    const checksum = older + this.#copyWords - 1;
    words[checksum] = 0;
    words[older] = (newest + 1) >>> 0;
    words[older + 1] = words[HEADER_GENERATION] as number;
    for (const [name, field, at] of this.#fields) field.put(record[name], words, older + at);
    words[checksum] = this.#checksumOf(older);
  }

  /** The newest intact record of the item at `index`; undefined if this generation has none. */
  read(index: number): T | undefined {
    const first = this.#first + index * this.#slotWords;
    const copies = [first, first + this.#copyWords];
    const [left, right] = copies.filter((copy) => this.#isIntact(copy));
    if (left === undefined) return undefined;
    const words = this.#words;
    const isRight = right !== undefined && isNewer(words[right] as number, words[left] as number);
    const copy = isRight ? right : left;
    const entries = this.#fields.map(([name, field, at]) => [name, field.take(words, copy + at)]);
    return Object.fromEntries(entries) as T;
  }

  #isIntact(copy: number): boolean {
    const words = this.#words;
    return (
      words[copy + 1] === words[HEADER_GENERATION] &&
      words[copy + this.#copyWords - 1] === this.#checksumOf(copy)
    );
  }

  /** FNV-1a over all words of a copy except the last; never zero. */
  #checksumOf(copy: number): number {
    let hash = this.#seed;
    for (let word = copy; word < copy + this.#copyWords - 1; word++) {
      hash = mix(hash, this.#words[word] as number);
    }
    return (hash | 1) >>> 0;
  }
}

function fieldsOf<T>(kind: SectionKind<T>): [keyof T, Field<T[keyof T]>][] {
  return Object.entries(kind.fields) as [keyof T, Field<T[keyof T]>][];
}

function copyWords(kind: AnySectionKind): number {
  const fields: readonly Field<unknown>[] = Object.values(kind.fields);
  return fields.reduce((words, field) => words + field.words, FRAME_WORDS);
}

/** Two copies, and so an even number of words: all sections stay aligned. */
function slotWords(kind: AnySectionKind): number {
  return 2 * copyWords(kind);
}

function sectionOctets(kind: AnySectionKind): number {
  return kind.capacity * slotWords(kind) * 4;
}

function seedOf(kind: AnySectionKind): number {
  const text = `${kind.name} ${kind.version} ${Object.keys(kind.fields).join(" ")}`;
  return [...text].reduce((hash, letter) => mix(hash, letter.charCodeAt(0)), 0x811c9dc5);
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x01000193);
  return mixed ^ (mixed >>> 15);
}

/** Sequence numbers wrap: the newer one is less than half the range ahead. */
function isNewer(a: number, b: number): boolean {
  return a !== b && ((a - b) | 0) > 0;
}
