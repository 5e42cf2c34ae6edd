// The error type for failed system calls, and errno names and texts.

import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";

/** Errno numbers by name, such as `errnoNumber.EAGAIN`: Node's table for this platform. */
export const errnoNumber: typeof constants.errno = constants.errno;

// If two names share a number (EAGAIN and EWOULDBLOCK), use the first, which is the usual one.
const nameByNumber: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.errno)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/** `EPERM` for 1; `errno 4095` for an unknown number. */
export function errnoName(errno: number): string {
  return nameByNumber.get(errno) ?? `errno ${errno}`;
}

/** `operation not permitted` for 1; the name if there is no text. */
export function errnoText(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[1] ?? errnoName(errno);
}

/** A failed system call or netlink request. `detail` is the kernel's message, or the text of the errno. */
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
