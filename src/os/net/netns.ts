// Network namespaces: moving the process into one by the name that iproute2 gave it.

import { existsSync } from "node:fs";
import { call, libc } from "../ffi/ffi.ts";

/** Where iproute2 keeps names; the second is where old systems have them (man 8 ip-netns). */
const FOLDERS = ["/run/netns", "/var/run/netns"];

/** linux/sched.h, asm-generic/fcntl.h */
const CLONE_NEWNET = 0x40000000;
const O_RDONLY = 0;
const O_CLOEXEC = 0o2000000;

/**
 * Moves the calling thread, which must be the main one, into the network namespace of that name; children follow.
 * Threads that Node has started already stay where they were: from then on, what belongs to a namespace (files under
 * /proc/sys/net, sockets) is to be reached by synchronous calls only, and Node's own network modules not at all
 * before the process has been started anew. /sys keeps showing the old namespace. ENOENT when there is none of that
 * name, EPERM without CAP_SYS_ADMIN.
 */
export function enterNetworkNamespace(name: string): void {
  const paths = FOLDERS.map((folder) => `${folder}/${name}`);
  enterNetworkNamespaceAt(paths.find((path) => existsSync(path)) ?? (paths[0] as string));
}

/** As `enterNetworkNamespace`, by a path such as /proc/PID/ns/net. */
export function enterNetworkNamespaceAt(path: string): void {
  const fd = call(`open ${path}`, libc.open(path, O_RDONLY | O_CLOEXEC, 0));
  try {
    call(`setns ${path}`, libc.setns(fd, CLONE_NEWNET));
  } finally {
    libc.close(fd);
  }
}
