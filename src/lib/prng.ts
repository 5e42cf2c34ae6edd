// A seeded random generator, the only source of randomness in engines, simulation and fuzzing, so that runs can be
// replayed.

/** Numbers in [0, 1), the same sequence for the same seed. */
export type Prng = () => number;

/** Mulberry32, with 32 bits of state: for simulation, not for secrets. */
export function prng(seed: number): Prng {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** A random integer from `low` to `high`, both inclusive. */
export function between(random: Prng, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}
