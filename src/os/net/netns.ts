// Enters network namespaces by their iproute2 names.

import { existsSync } from "node:fs";
import { call, libc } from "../ffi/ffi.ts";

/** Folders with iproute2's names; the second one is for old systems (man 8 ip-netns). */
const FOLDERS = ["/run/netns", "/var/run/netns"];

/** linux/sched.h, asm-generic/fcntl.h */
const CLONE_NEWNET = 0x40000000;
const O_RDONLY = 0;
const O_CLOEXEC = 0o2000000;

/**
 * Moves the calling thread, which must be the main one, into the network namespace `name`; child processes inherit it.
 * Threads that Node has already started stay in the old namespace. So afterwards use only synchronous calls for
 * sockets and /proc/sys/net, and none of Node's network modules. /sys still shows the old namespace. ENOENT if the name
 * does not exist, EPERM without CAP_SYS_ADMIN.
 */
export function enterNetworkNamespace(name: string): void {
  const paths = FOLDERS.map((folder) => `${folder}/${name}`);
  enterNetworkNamespaceAt(paths.find((path) => existsSync(path)) ?? (paths[0] as string));
}

/** Like `enterNetworkNamespace`, by a path such as /proc/PID/ns/net. */
export function enterNetworkNamespaceAt(path: string): void {
  const fd = call(`open ${path}`, libc.open(path, O_RDONLY | O_CLOEXEC, 0));
  try {
    call(`setns ${path}`, libc.setns(fd, CLONE_NEWNET));
  } finally {
    libc.close(fd);
  }
}
