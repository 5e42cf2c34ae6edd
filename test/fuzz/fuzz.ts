// Throws octets at decoders: random ones, and known good inputs with a few edits. fast-check makes them, shrinks what
// fails, and names the seed and path that replay it.

import fc from "fast-check";

/** One decoder under test. */
export interface FuzzTarget {
  readonly name: string;
  /** Good inputs to start from; at least one. */
  readonly seeds: readonly Uint8Array[];
  /** Decodes `bytes` and throws when that throws or when what it gives is not sound. */
  readonly check: (bytes: Uint8Array) => void;
}

export interface FuzzOptions {
  readonly seed: number;
  /** Stop after this many inputs … */
  readonly runs?: number;
  /** … or after this time, whichever comes first. */
  readonly milliseconds?: number;
}

/** Octets of a random input, and the most that edits add. */
const MOST_OCTETS = 512;
const MOST_EDITS = 6;

type Edit =
  | { readonly kind: "set"; readonly at: number; readonly value: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "remove"; readonly at: number; readonly count: number }
  | { readonly kind: "repeat"; readonly at: number; readonly count: number }
  | { readonly kind: "cut"; readonly at: number };

/** Fuzzes `target`; returns how many inputs it was given. Throws with the smallest input that failed. */
export function fuzz(target: FuzzTarget, options: FuzzOptions): number {
  let inputs = 0;
  const property = fc.property(inputsOf(target.seeds), (bytes) => {
    inputs++;
    target.check(bytes);
  });
  fc.assert(property, {
    seed: options.seed,
    numRuns: options.runs ?? Number.MAX_SAFE_INTEGER,
    ...(options.milliseconds !== undefined && { interruptAfterTimeLimit: options.milliseconds }),
    markInterruptAsFailure: false,
    includeErrorInReport: true,
  });
  return inputs;
}

function inputsOf(seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const random = fc.uint8Array({ maxLength: MOST_OCTETS });
  const edits = fc.array(editArbitrary(), { maxLength: MOST_EDITS });
  const edited = fc
    .tuple(fc.constantFrom(...seeds), edits)
    .map(([seed, list]) => list.reduce(apply, seed.slice()));
  return fc.oneof({ arbitrary: random, weight: 1 }, { arbitrary: edited, weight: 4 });
}

function editArbitrary(): fc.Arbitrary<Edit> {
  const at = fc.nat({ max: MOST_OCTETS });
  const count = fc.integer({ min: 1, max: 32 });
  const value = fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
  return fc.oneof(
    fc.record({ kind: fc.constant("set" as const), at, value }),
    fc.record({
      kind: fc.constant("insert" as const),
      at,
      bytes: fc.uint8Array({ minLength: 1, maxLength: 32 }),
    }),
    fc.record({ kind: fc.constant("remove" as const), at, count }),
    fc.record({ kind: fc.constant("repeat" as const), at, count }),
    fc.record({ kind: fc.constant("cut" as const), at }),
  );
}

/** `bytes` after one edit; positions wrap around, so that every edit of a short input does something. */
function apply(bytes: Uint8Array, edit: Edit): Uint8Array {
  const at = bytes.length === 0 ? 0 : edit.at % bytes.length;
  switch (edit.kind) {
    case "set":
      return bytes.length === 0 ? bytes : bytes.with(at, edit.value);
    case "insert":
      return concat(bytes.subarray(0, at), edit.bytes, bytes.subarray(at));
    case "remove":
      return concat(bytes.subarray(0, at), bytes.subarray(at + edit.count));
    case "repeat":
      return concat(bytes.subarray(0, at + edit.count), bytes.subarray(at));
    case "cut":
      return bytes.slice(0, at);
  }
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
