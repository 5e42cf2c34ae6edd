// System clocks in microseconds.

import { assert } from "../../lib/assert.ts";
import type { Micros } from "../../lib/micros.ts";
import { isLittleEndian, libc } from "../ffi/ffi.ts";

/** linux/time.h */
export const CLOCK_REALTIME = 0;
export const CLOCK_BOOTTIME = 7;

/** Time since boot, including suspend. All deadlines use this clock. */
export const boottime: () => Micros = openClock(CLOCK_BOOTTIME);

/** Time since 1970-01-01 UTC. It may jump: never a deadline. For output, and for the age of a packet. */
export const realtime: () => Micros = openClock(CLOCK_REALTIME);

/** Returns a reader of `clock` that reuses one buffer, since it is called for every event. */
function openClock(clock: number): () => Micros {
  // struct timespec: two 64-bit words. Read as 32-bit halves, since 64-bit reads would make BigInts.
  const time = new Uint32Array(new ArrayBuffer(16));
  const [high, low] = isLittleEndian ? [1, 0] : [0, 1];
  return () => {
    assert(libc.clock_gettime(clock, time) === 0, `clock ${clock} cannot be read`);
    const seconds = (time[high] as number) * 0x1_0000_0000 + (time[low] as number);
    return seconds * 1_000_000 + Math.floor((time[2 + low] as number) / 1_000);
  };
}
