// Assertions, which stay on in production: a broken invariant ends the process, and the parent cleans up after it.

/** A bug in holdfast, not invalid input. It is not caught and ends the process. */
export class AssertionError extends Error {
  override name = "AssertionError";
}

/** Throws an AssertionError with `message` if `condition` is false. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** For a branch that is unreachable by type; reaching it is a bug. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable value ${JSON.stringify(value)}`);
}

/** Asserts that `value` is defined and returns it, for look-ups whose key is known to exist. */
export function defined<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new AssertionError(`${what} is missing`);
  return value;
}
