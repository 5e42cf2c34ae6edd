// The pending error of a socket (SO_ERROR). An ICMP message, perhaps forged, or a link that went down sets it, and the
// next call on the socket returns it, although it says nothing about that call.

import { errnoNumber } from "../ffi/errno.ts";
import { getIntOption, SOL_SOCKET } from "./socket.ts";

/** asm-generic/socket.h */
const SO_ERROR = 4;

const { EAGAIN, EBADF, EFAULT, ENOBUFS, ENOTSOCK } = errnoNumber;

/** Errors of the call itself, which are never pending. */
const CALL_ERRORS: ReadonlySet<number> = new Set([EBADF, EFAULT, ENOTSOCK]);
/** A sending call also fails because a buffer or queue is full, which is never pending either. */
const SEND_ERRORS: ReadonlySet<number> = new Set([...CALL_ERRORS, EAGAIN, ENOBUFS]);

/** True if a receiving call itself failed. Any other error was pending, and the call has cleared it. */
export function isReceiveError(errno: number): boolean {
  return CALL_ERRORS.has(errno);
}

/** True if a sending call itself failed. Any other error may have been pending: send again to find out. */
export function isSendError(errno: number): boolean {
  return SEND_ERRORS.has(errno);
}

/** Clears and returns the pending error of a socket; 0 if there is none. */
export function takePendingError(fd: number): number {
  return getIntOption(fd, SOL_SOCKET, SO_ERROR, "SO_ERROR");
}
