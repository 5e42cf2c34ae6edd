// The running programs of a spawner, in memory shared with its parent: no message per start, and the parent still has
// it when the spawner is killed.

/** Pid and start time. */
const WORDS = 2;

/** The spawner writes, its parent reads. A slot belongs to one program from its order to its end. */
export class ProgramTable {
  readonly #words: Int32Array;

  /** `memory` has a size of `octets(slots)`. */
  constructor(memory: Uint8Array<ArrayBuffer>) {
    this.#words = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength / 4);
  }

  static octets(slots: number): number {
    return slots * WORDS * Int32Array.BYTES_PER_ELEMENT;
  }

  set(slot: number, pid: number): void {
    this.#words[WORDS * slot + 1] = monotonicMillis();
    this.#words[WORDS * slot] = pid;
  }

  clear(slot: number): void {
    this.#words[WORDS * slot] = 0;
  }

  /** Undefined if no program runs in the slot. */
  pidOf(slot: number): number | undefined {
    const pid = this.#words[WORDS * slot] ?? 0;
    // kill(-0) would signal this process's own group, and kill(-1) all processes.
    return pid > 1 ? pid : undefined;
  }

  /** The time since the program's start; 0 if none runs in the slot. */
  ageMillis(slot: number): number {
    if (this.pidOf(slot) === undefined) return 0;
    // Unsigned, since a signed difference would be negative after 25 days.
    return (monotonicMillis() - (this.#words[WORDS * slot + 1] ?? 0)) >>> 0;
  }
}

/** CLOCK_MONOTONIC in milliseconds, truncated to 32 bits. */
function monotonicMillis(): number {
  return Number(BigInt.asIntN(32, process.hrtime.bigint() / 1_000_000n));
}
