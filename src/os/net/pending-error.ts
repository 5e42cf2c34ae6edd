// A socket's pending error: an ICMP message or a link that went down sets it, and the next call on the socket returns
// it. It came from elsewhere, from anyone on the network perhaps, so it is never the result of that call.

import { errnoNumber } from "../ffi/errno.ts";
import { getIntOption, SOL_SOCKET } from "./socket.ts";

/** asm-generic/socket.h */
const SO_ERROR = 4;

const { EAGAIN, EBADF, EFAULT, ENOBUFS, ENOTSOCK } = errnoNumber;

/** Errors of the caller, which no socket has pending. */
const CALL_ERRORS: ReadonlySet<number> = new Set([EBADF, EFAULT, ENOTSOCK]);
/** And those of full buffers and queues, which only a sending call itself brings. */
const SEND_ERRORS: ReadonlySet<number> = new Set([...CALL_ERRORS, EAGAIN, ENOBUFS]);

/** Whether a receiving call itself failed. Any other error was pending, and the call took it away. */
export function isReceiveError(errno: number): boolean {
  return CALL_ERRORS.has(errno);
}

/** Whether a sending call itself failed. Any other error may have been pending: only another attempt can show it. */
export function isSendError(errno: number): boolean {
  return SEND_ERRORS.has(errno);
}

/** Clears the pending error of a socket; returns it, 0 if there was none. */
export function takePendingError(fd: number): number {
  return getIntOption(fd, SOL_SOCKET, SO_ERROR, "SO_ERROR");
}
