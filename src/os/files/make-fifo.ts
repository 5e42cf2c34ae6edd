// Makes FIFOs, which Node's own file functions cannot.

import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { declare, lastErrno } from "../ffi/ffi.ts";

const mkfifo = declare("int mkfifo(const char *, unsigned int)");

/** Makes a FIFO; false when something is at that path already. `mode` is subject to the umask. */
export function makeFifo(path: string, mode: number): boolean {
  if ((mkfifo(path, mode) as number) === 0) return true;
  const errno = lastErrno();
  if (errno === errnoNumber.EEXIST) return false;
  throw new SystemError(`mkfifo ${path}`, errno);
}
