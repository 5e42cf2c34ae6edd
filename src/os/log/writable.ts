// Whether a descriptor takes more, asked without changing it for the programs that share it.

import { declare } from "../ffi/ffi.ts";

const poll = declare("int poll(void *, unsigned long, int)");

const POLLOUT = 4;

/**
 * Whether a write of up to 4096 octets (PIPE_BUF) to a pipe, a terminal or a socket would not wait; waits for that for
 * `millis` at most. Errors and hang-ups count as writable: the write tells which.
 */
export function waitUntilWritable(fd: number, millis: number): boolean {
  // struct pollfd: the descriptor, then two shorts.
  const request = Int32Array.of(fd, 0);
  new Uint16Array(request.buffer)[2] = POLLOUT;
  return (poll(request, 1, Math.ceil(millis)) as number) > 0;
}
