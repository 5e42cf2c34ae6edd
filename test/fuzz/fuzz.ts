// Fuzzes decoders with random octets and with valid inputs after a few edits. fast-check generates and shrinks the inputs
// and prints the seed and path that replay a failure.

import fc from "fast-check";

/** One decoder under test. */
export interface FuzzTarget {
  readonly name: string;
  /** Valid inputs to start from; at least one. */
  readonly seeds: readonly Uint8Array[];
  /** Decodes `bytes`. Throws if decoding throws or its result is invalid. */
  readonly check: (bytes: Uint8Array) => void;
}

export interface FuzzOptions {
  readonly seed: number;
  /** Maximum number of inputs; default unlimited. */
  readonly runs?: number;
  /** Maximum time; default unlimited. */
  readonly milliseconds?: number;
}

/** Maximum length of a random input, and maximum position of an edit. */
const MOST_OCTETS = 512;
const MOST_EDITS = 6;

type Edit =
  | { readonly kind: "set"; readonly at: number; readonly value: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "remove"; readonly at: number; readonly count: number }
  | { readonly kind: "repeat"; readonly at: number; readonly count: number }
  | { readonly kind: "cut"; readonly at: number };

/** Fuzzes `target`; returns the number of inputs. Throws an Error with a minimal failing input. */
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

/** Applies one edit. Positions wrap around, so that edits affect short inputs too. */
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
