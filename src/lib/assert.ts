// Assertions stay on in production: a broken invariant ends the process, and the parent cleans up behind it.

/** A bug in holdfast itself, never bad input. It is not caught: it ends the process that found it. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** Ends the process with `message` when `condition` does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Marks a branch that the types say cannot be reached; a value from outside that gets here is a bug. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable value ${JSON.stringify(value)}`);
}

/** `value` without its undefined, for look-ups whose key is known to be present. */
export function defined<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new AssertionError(`${what} is missing`);
  return value;
}
