// What the exit status of a process of ours means. The daemon's own numbers are keepalived's.

export const EXIT_OK = 0;
/** It cannot run at all: a permanent error, which starting again would only repeat. */
export const EXIT_FATAL = 1;
/** The configuration cannot be run: permanent. */
export const EXIT_CONFIG = 2;
/** A privilege is missing: permanent. */
export const EXIT_MISSING_PERMISSION = 4;
/** A bug: the parent starts the child again. */
export const EXIT_INTERNAL = 70;

/**
 * A child adds this to the status of a permanent error. Node ends by itself with 1 to 13 and a shell with 126 and
 * more; only our own code ends with 64 to 79.
 */
const CHILD_OFFSET = 64;

const PERMANENT_NAMES: ReadonlyMap<number, string> = new Map([
  [EXIT_FATAL, "FATAL"],
  [EXIT_CONFIG, "CONFIG"],
  [EXIT_MISSING_PERMISSION, "MISSING_PERMISSION"],
]);

export interface PermanentError {
  /** keepalived's name of it. */
  readonly name: string;
  /** What the daemon ends with. */
  readonly exitStatus: number;
}

/** The status by which a child reports the permanent error `exitStatus`. */
export function childStatus(exitStatus: number): number {
  return CHILD_OFFSET + exitStatus;
}

/** Why starting a child again that ended with `status` would not help, or undefined when it might. */
export function permanentError(status: number | null): PermanentError | undefined {
  if (status === null) return undefined;
  const exitStatus = status - CHILD_OFFSET;
  const name = PERMANENT_NAMES.get(exitStatus);
  return name === undefined ? undefined : { name, exitStatus };
}
