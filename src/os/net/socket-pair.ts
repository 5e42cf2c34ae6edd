// Connected pairs of sockets between two processes, whose messages keep their boundaries (man 2 socketpair, man 7 unix).

import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { call, declare, lastErrno, libc } from "../ffi/ffi.ts";
import { AF_UNIX, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_NONBLOCK } from "./socket.ts";

const socketpair = declare("int socketpair(int, int, int, void *)");
const receive = declare("long recv(int, void *, size_t, int)");

/** bits/socket.h */
const SOCK_SEQPACKET = 5;
const MSG_TRUNC = 0x20;

/** Opens a pair; both ends are non-blocking and close-on-exec. */
export function openSocketPair(): readonly [number, number] {
  const ends = new Int32Array(2);
  const type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
  call("socketpair", socketpair(AF_UNIX, type, 0, ends) as number);
  return [ends[0] as number, ends[1] as number];
}

/** Sends one message; false if the queue of the other end is full. */
export function sendMessage(fd: number, message: Uint8Array): boolean {
  if (libc.send(fd, message, message.length, MSG_NOSIGNAL) >= 0) return true;
  const errno = lastErrno();
  if (errno === errnoNumber.EAGAIN || errno === errnoNumber.ENOBUFS) return false;
  throw new SystemError("send", errno);
}

/** Reads the next message into `buffer`; undefined if none is queued. EMSGSIZE if it is larger than `buffer`. */
export function receiveMessage(fd: number, buffer: Uint8Array): Uint8Array | undefined {
  const octets = Number(receive(fd, buffer, buffer.length, MSG_TRUNC));
  if (octets > buffer.length) throw new SystemError("recv", errnoNumber.EMSGSIZE);
  if (octets >= 0) return buffer.subarray(0, octets);
  const errno = lastErrno();
  if (errno === errnoNumber.EAGAIN || errno === errnoNumber.EINTR) return undefined;
  throw new SystemError("recv", errno);
}
