// Waits until a descriptor is writable, without changing its flags for the programs that share it.

import { declare } from "../ffi/ffi.ts";

const poll = declare("int poll(void *, unsigned long, int)");

const POLLOUT = 4;

/**
 * Waits up to `millis` until a write of up to 4096 octets (PIPE_BUF) to a pipe, terminal or socket would not block;
 * false if the time runs out. Errors and hang-ups count as writable, since the write then returns the error.
 */
export function waitUntilWritable(fd: number, millis: number): boolean {
  // struct pollfd: the descriptor, then two shorts.
  const request = Int32Array.of(fd, 0);
  new Uint16Array(request.buffer)[2] = POLLOUT;
  return (poll(request, 1, Math.ceil(millis)) as number) > 0;
}
