// Shared memory that outlives a process: a memfd that the parent creates, passes to a child, and keeps.

import { fstatSync } from "node:fs";
import { assert } from "../../lib/assert.ts";
import { errnoNumber, SystemError } from "../ffi/errno.ts";
import { call, libc, memoryAt } from "../ffi/ffi.ts";
import { closeDescriptor } from "../net/socket.ts";

/** linux/memfd.h, linux/fcntl.h, asm-generic/mman-common.h */
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
const F_GET_SEALS = 1034;
const F_SEAL_SEAL = 1;
const F_SEAL_SHRINK = 2;
const F_SEAL_GROW = 4;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_POPULATE = 0x8000;

/**
 * Creates a memfd of `octets` zeros with a sealed size and returns its descriptor. `name` is visible only in
 * /proc/PID/fd. It is close-on-exec: pass it to a child by `stdio`.
 */
export function createMemoryFile(name: string, octets: number): number {
  const fd = call("memfd_create", libc.memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  try {
    call("ftruncate", libc.ftruncate(fd, octets));
    const seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
    call("fcntl F_ADD_SEALS", libc.fcntl(fd, F_ADD_SEALS, seals));
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/**
 * Maps a memory file; writes are shared with all processes that map it. It stays mapped until the process ends, even if
 * `fd` is closed: map each file once. EINVAL if it is not a memory file of exactly `octets`, since access beyond the
 * end of a file would kill the process.
 */
export function mapMemoryFile(fd: number, octets: number): Uint8Array<ArrayBuffer> {
  assert(octets > 0, "mapping an empty memory file");
  const seals = libc.fcntl(fd, F_GET_SEALS, 0);
  if (seals < 0 || (seals & F_SEAL_SHRINK) === 0 || fstatSync(fd).size !== octets) {
    const detail = `descriptor ${fd} is not a memory file of ${octets} octets`;
    throw new SystemError("map memory file", errnoNumber.EINVAL, detail);
  }
  const flags = MAP_SHARED | MAP_POPULATE;
  const address = libc.mmap(null, octets, PROT_READ_WRITE, flags, fd, 0);
  call("mmap", Number(address));
  return memoryAt(BigInt(address), octets);
}
