// Failed system calls as errors, and the one table of errno names and texts.

import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";

/** The kernel's numbers by name, such as `errnoNumber.EAGAIN`; Node's own table of this platform. */
export const errnoNumber: typeof constants.errno = constants.errno;

// Where two names share a number (EAGAIN and EWOULDBLOCK), the first one is what people know.
const nameByNumber: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/** `EPERM` for 1; `errno 4095` for a number without a name here. */
export function errnoName(errno: number): string {
  return nameByNumber.get(errno) ?? `errno ${errno}`;
}

/** `operation not permitted` for 1, or the name where there is no text. */
export function errnoText(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[1] ?? errnoName(errno);
}

/** An operation that the kernel refused. `detail` is the kernel's own words, or else the text of the errno. */
export class SystemError extends Error {
  override name = "SystemError";
  readonly operation: string;
  readonly errno: number;
  /** The name of the errno, such as `EPERM`. */
  readonly code: string;
  readonly detail: string;

  constructor(operation: string, errno: number, detail: string = errnoText(errno)) {
    super(`${operation}: ${detail} (${errnoName(errno)})`);
    this.operation = operation;
    this.errno = errno;
    this.code = errnoName(errno);
    this.detail = detail;
  }
}
