// The memory that outlives a killed child: what each instance was doing, in a file that the parent made and both map.

import { MAXIMUM_INSTANCES } from "../config/config.ts";
import { assert } from "../lib/assert.ts";
import type { Micros } from "../lib/micros.ts";
import type { KeptRecord, ToldState } from "../vrrp/event.ts";

/**
 * Layout, in native words: a header of 64 octets (magic, generation, heartbeat), then one slot of 64 octets for
 * each instance in the order of the configuration. A slot holds two copies of 32 octets, written in turn, so that
 * a process killed in the middle of a write leaves the older copy whole:
 * sequence, generation, active | priority << 8 | told << 16, interval, last advert (low, high), zero, checksum.
 */
const MAGIC = 0x48464452;
const HEADER_OCTETS = 64;
const SLOT_OCTETS = 64;
const COPY_WORDS = 8;
const HEADER_GENERATION = 1;
const HEADER_HEARTBEAT_DOUBLE = 1;
const TWO_POW_32 = 0x1_0000_0000;
/** By their numbers in a record. */
const TOLD_STATES: readonly (ToldState | undefined)[] = [undefined, "MASTER", "BACKUP", "FAULT"];

/** The name of the memory file: what has it open is a process of a daemon of ours. */
export const RECORD_FILE_NAME = "holdfast-records";

/** Octets of the file: fixed, so that a reload never has to move it. The kernel gives pages as they are used. */
export const RECORD_FILE_OCTETS: number = HEADER_OCTETS + MAXIMUM_INSTANCES * SLOT_OCTETS;

/** The records as a child writes them and the parent reads them. `generation` counts configurations. */
export class RecordFile {
  readonly #words: Uint32Array;
  readonly #doubles: Float64Array;

  /** `memory` is the mapped file, at least RECORD_FILE_OCTETS, aligned to 8 octets. */
  constructor(memory: Uint8Array) {
    assert(memory.length >= RECORD_FILE_OCTETS, "the record file is too short");
    this.#words = new Uint32Array(memory.buffer, memory.byteOffset, RECORD_FILE_OCTETS / 4);
    this.#doubles = new Float64Array(memory.buffer, memory.byteOffset, RECORD_FILE_OCTETS / 8);
  }

  /** Begins a configuration: records of another generation do not count any more. */
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

  /** When the loop was last alive; zero when it never was. */
  get heartbeatAt(): Micros {
    return this.#doubles[HEADER_HEARTBEAT_DOUBLE] as number;
  }

  /** Writes the record of the instance at `index` of the current configuration. */
  write(index: number, record: KeptRecord): void {
    assert(index < MAXIMUM_INSTANCES, "too many instances for the record file");
    const words = this.#words;
    const first = (HEADER_OCTETS + index * SLOT_OCTETS) / 4;
    const firstSequence = words[first] as number;
    const secondSequence = words[first + COPY_WORDS] as number;
    const older = isNewer(firstSequence, secondSequence) ? first + COPY_WORDS : first;
    const newest = older === first ? secondSequence : firstSequence;
    words[older + 7] = 0;
    words[older] = (newest + 1) >>> 0;
    words[older + 1] = words[HEADER_GENERATION] as number;
    words[older + 2] =
      (record.active ? 1 : 0) |
      (record.effectivePriority << 8) |
      (TOLD_STATES.indexOf(record.told) << 16);
    words[older + 3] = record.advertisementIntervalMicros;
    words[older + 4] = record.lastAdvertAt % TWO_POW_32;
    words[older + 5] = Math.floor(record.lastAdvertAt / TWO_POW_32);
    words[older + 6] = 0;
    words[older + 7] = checksumOf(words, older);
  }

  /** The newest whole record of the instance at `index`, or undefined when this generation has none. */
  read(index: number): KeptRecord | undefined {
    const first = (HEADER_OCTETS + index * SLOT_OCTETS) / 4;
    const [left, right] = [first, first + COPY_WORDS].filter((copy) => this.#isWhole(copy));
    if (left === undefined) return undefined;
    const words = this.#words;
    const copy =
      right !== undefined && isNewer(words[right] as number, words[left] as number) ? right : left;
    const flags = words[copy + 2] as number;
    return {
      active: (flags & 1) === 1,
      effectivePriority: (flags >> 8) & 0xff,
      advertisementIntervalMicros: words[copy + 3] as number,
      lastAdvertAt: (words[copy + 4] as number) + (words[copy + 5] as number) * TWO_POW_32,
      told: TOLD_STATES[(flags >> 16) & 0xff],
    };
  }

  #isWhole(copy: number): boolean {
    const words = this.#words;
    return (
      words[copy + 1] === words[HEADER_GENERATION] && words[copy + 7] === checksumOf(words, copy)
    );
  }
}

/** Sequence numbers wrap; the newer one is less than half the circle ahead. */
function isNewer(a: number, b: number): boolean {
  return a !== b && ((a - b) | 0) > 0;
}

/** FNV-1a over the first seven words of a copy, never zero. */
function checksumOf(words: Uint32Array, copy: number): number {
  let hash = 0x811c9dc5;
  for (let word = copy; word < copy + 7; word++) {
    hash = Math.imul(hash ^ (words[word] as number), 0x01000193);
    hash ^= hash >>> 15;
  }
  return (hash | 1) >>> 0;
}
