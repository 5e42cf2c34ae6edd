// Controls which inherited descriptors reach the programs that this process starts.

import { readdirSync } from "node:fs";
import { libc } from "../ffi/ffi.ts";

// linux/fcntl.h
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/** Passes standard input, output and error to started programs: Node marks them close-on-exec. */
export function passStandardDescriptorsOn(): void {
  for (const fd of [0, 1, 2]) libc.fcntl(fd, F_SETFD, 0);
}

/**
 * Marks every descriptor above standard error close-on-exec. Node does so itself at its start, but stops at the first
 * gap above 15, and service managers and shells leave theirs at higher numbers.
 */
export function markDescriptorsCloseOnExec(): void {
  for (const name of readdirSync("/proc/self/fd")) {
    const fd = Number(name);
    // The directory's own descriptor is already closed: ignore EBADF.
    if (fd > 2) libc.fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}
