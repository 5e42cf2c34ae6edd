// Exit statuses of the daemon (keepalived's numbers) and of its children.

export const EXIT_OK = 0;
/** Cannot run at all: permanent, since a restart would fail again. */
export const EXIT_FATAL = 1;
/** Invalid configuration: permanent. */
export const EXIT_CONFIG = 2;
/** Missing privilege: permanent. */
export const EXIT_MISSING_PERMISSION = 4;
/** A bug: the parent restarts the child. */
export const EXIT_INTERNAL = 70;

/**
 * A child adds this to the status of a permanent error. Node itself exits with 1 to 13 and a shell with 126 and above;
 * only our own code exits with 64 to 79.
 */
const CHILD_OFFSET = 64;

const PERMANENT_NAMES: ReadonlyMap<number, string> = new Map([
  [EXIT_FATAL, "FATAL"],
  [EXIT_CONFIG, "CONFIG"],
  [EXIT_MISSING_PERMISSION, "MISSING_PERMISSION"],
]);

export interface PermanentError {
  /** keepalived's name for it. */
  readonly name: string;
  /** The daemon's exit status. */
  readonly exitStatus: number;
}

/** The status by which a child reports the permanent error `exitStatus`. */
export function childStatus(exitStatus: number): number {
  return CHILD_OFFSET + exitStatus;
}

/** The permanent error that a child's exit `status` stands for; undefined if a restart can help. */
export function permanentError(status: number | null): PermanentError | undefined {
  if (status === null) return undefined;
  const exitStatus = status - CHILD_OFFSET;
  const name = PERMANENT_NAMES.get(exitStatus);
  return name === undefined ? undefined : { name, exitStatus };
}
