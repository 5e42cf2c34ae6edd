// Creates FIFOs; Node has no function for that.

import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { declare, lastErrno } from "../ffi/ffi.ts";

const mkfifo = declare("int mkfifo(const char *, unsigned int)");

/** Creates a FIFO; false if the path exists. The umask applies to `mode`. */
export function makeFifo(path: string, mode: number): boolean {
  if ((mkfifo(path, mode) as number) === 0) return true;
  const errno = lastErrno();
  if (errno === errnoNumber.EEXIST) return false;
  throw new SystemError(`mkfifo ${path}`, errno);
}
