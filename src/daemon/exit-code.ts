// What the exit status of a process of ours means; the numbers are keepalived's.

export const EXIT_OK = 0;
/** It cannot run at all: a permanent error, which starting again would only repeat. */
export const EXIT_FATAL = 1;
/** The configuration cannot be run: permanent. */
export const EXIT_CONFIG = 2;
/** A privilege is missing: permanent. */
export const EXIT_MISSING_PERMISSION = 4;
/** A bug: the parent starts the child again. */
export const EXIT_INTERNAL = 70;

/** Why starting the process again would not help, or undefined when it might. */
export function permanentError(status: number | null): string | undefined {
  switch (status) {
    case EXIT_FATAL:
      return "FATAL";
    case EXIT_CONFIG:
      return "CONFIG";
    case EXIT_MISSING_PERMISSION:
      return "MISSING_PERMISSION";
    default:
      return undefined;
  }
}
