// The programs that a spawner runs, in memory that it shares with its parent: nothing to send for each start, and still
// there when the spawner is killed.

/** Pid and time of the start. */
const WORDS = 2;

/** The spawner writes, its parent reads; a slot is one program's from its order to its end. */
export class ProgramTable {
  readonly #words: Int32Array;

  /** Over memory of `octets(slots)`. */
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

  /** Undefined where nothing runs. */
  pidOf(slot: number): number | undefined {
    const pid = this.#words[WORDS * slot] ?? 0;
    // Signals to groups 0 and 1 would go to this process's own, and to everybody.
    return pid > 1 ? pid : undefined;
  }

  /** How long ago the program was started; 0 where nothing runs. */
  ageMillis(slot: number): number {
    if (this.pidOf(slot) === undefined) return 0;
    // Unsigned: a signed difference would be negative after 25 days.
    return (monotonicMillis() - (this.#words[WORDS * slot + 1] ?? 0)) >>> 0;
  }
}

/** Milliseconds of the clock that all processes share, cut to 32 bits. */
function monotonicMillis(): number {
  return Number(BigInt.asIntN(32, process.hrtime.bigint() / 1_000_000n));
}
