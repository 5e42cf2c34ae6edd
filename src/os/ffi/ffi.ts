// C library functions used by several files, and `declare` for others. Structures are laid out by hand in typed
// arrays (LP64).

import { endianness } from "node:os";
import { SystemError } from "./errno.ts";
import { koffi } from "./koffi.ts";

/** An address in this process's memory; null is NULL. */
export type Pointer = bigint;

/** A `void *` argument: memory that is used only during the call, or an address. */
export type Memory = ArrayBufferView | Pointer | null;

/** The functions under their C names; see man pages 2 and 3. */
export interface Libc {
  readonly bind: (fd: number, address: Memory, octets: number) => number;
  readonly clock_gettime: (clock: number, time: Memory) => number;
  readonly close: (fd: number) => number;
  readonly connect: (fd: number, address: Memory, octets: number) => number;
  readonly epoll_create1: (flags: number) => number;
  readonly epoll_ctl: (fd: number, operation: number, target: number, event: Memory) => number;
  readonly epoll_wait: (fd: number, events: Memory, count: number, timeoutMillis: number) => number;
  readonly _exit: (status: number) => void;
  readonly fcntl: (fd: number, command: number, argument: number) => number;
  readonly ftruncate: (fd: number, octets: number) => number;
  readonly getrusage: (who: number, usage: Memory) => number;
  readonly getsockname: (fd: number, address: Memory, octets: Memory) => number;
  readonly getsockopt: (
    fd: number,
    level: number,
    option: number,
    value: Memory,
    octets: Memory,
  ) => number;
  readonly if_nametoindex: (name: string) => number;
  readonly memfd_create: (name: string, flags: number) => number;
  readonly mlockall: (flags: number) => number;
  readonly mmap: (
    address: Memory,
    octets: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => number | Pointer;
  readonly open: (path: string, flags: number, mode: number) => number;
  readonly prctl: (option: number, a: number, b: number, c: number, d: number) => number;
  readonly pthread_sigmask: (how: number, set: Memory, old: Memory) => number;
  readonly read: (fd: number, buffer: Memory, octets: number) => number;
  readonly recvmmsg: (
    fd: number,
    messages: Memory,
    count: number,
    flags: number,
    timeout: Memory,
  ) => number;
  readonly sched_getaffinity: (tid: number, octets: number, mask: Memory) => number;
  readonly sched_getscheduler: (tid: number) => number;
  readonly sched_setaffinity: (tid: number, octets: number, mask: Memory) => number;
  readonly sched_setscheduler: (tid: number, policy: number, parameters: Memory) => number;
  readonly send: (fd: number, buffer: Memory, octets: number, flags: number) => number;
  readonly sendmmsg: (fd: number, messages: Memory, count: number, flags: number) => number;
  readonly setns: (fd: number, kind: number) => number;
  readonly setpriority: (which: number, who: number, nice: number) => number;
  readonly setrlimit: (resource: number, limits: Memory) => number;
  readonly setsockopt: (
    fd: number,
    level: number,
    option: number,
    value: Memory,
    octets: number,
  ) => number;
  readonly socket: (family: number, type: number, protocol: number) => number;
  readonly syscall: (number: number, a: number, b: number, c: number) => number;
  readonly timerfd_create: (clock: number, flags: number) => number;
  readonly timerfd_settime: (fd: number, flags: number, value: Memory, old: Memory) => number;
  readonly __libc_current_sigrtmin: () => number;
  readonly __libc_current_sigrtmax: () => number;
}

// Node itself is the library: it has libc (glibc or musl) and libuv linked in.
const program = koffi.load(null);

/**
 * Declares a function of the C library or libuv by its C prototype. koffi lacks ssize_t and size_t: use `long` and
 * `unsigned long`. Declare a variadic function with the arguments that are used.
 */
export function declare(prototype: string): (...args: unknown[]) => unknown {
  return program.func(prototype);
}

export const libc: Libc = {
  bind: program.func("int bind(int, const void *, unsigned int)"),
  clock_gettime: program.func("int clock_gettime(int, void *)"),
  close: program.func("int close(int)"),
  connect: program.func("int connect(int, const void *, unsigned int)"),
  epoll_create1: program.func("int epoll_create1(int)"),
  epoll_ctl: program.func("int epoll_ctl(int, int, int, void *)"),
  epoll_wait: program.func("int epoll_wait(int, void *, int, int)"),
  _exit: program.func("void _exit(int)"),
  fcntl: program.func("int fcntl(int, int, long)"),
  ftruncate: program.func("int ftruncate(int, long)"),
  getrusage: program.func("int getrusage(int, void *)"),
  getsockname: program.func("int getsockname(int, void *, void *)"),
  getsockopt: program.func("int getsockopt(int, int, int, void *, void *)"),
  if_nametoindex: program.func("unsigned int if_nametoindex(const char *)"),
  memfd_create: program.func("int memfd_create(const char *, unsigned int)"),
  mlockall: program.func("int mlockall(int)"),
  mmap: program.func("intptr_t mmap(void *, unsigned long, int, int, int, long)"),
  open: program.func("int open(const char *, int, unsigned int)"),
  prctl: program.func("int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)"),
  pthread_sigmask: program.func("int pthread_sigmask(int, const void *, void *)"),
  read: program.func("long read(int, void *, unsigned long)"),
  recvmmsg: program.func("int recvmmsg(int, void *, unsigned int, int, void *)"),
  sched_getaffinity: program.func("int sched_getaffinity(int, unsigned long, void *)"),
  sched_getscheduler: program.func("int sched_getscheduler(int)"),
  sched_setaffinity: program.func("int sched_setaffinity(int, unsigned long, const void *)"),
  sched_setscheduler: program.func("int sched_setscheduler(int, int, const void *)"),
  send: program.func("long send(int, const void *, unsigned long, int)"),
  sendmmsg: program.func("int sendmmsg(int, void *, unsigned int, int)"),
  setns: program.func("int setns(int, int)"),
  setpriority: program.func("int setpriority(int, unsigned int, int)"),
  setrlimit: program.func("int setrlimit(int, const void *)"),
  setsockopt: program.func("int setsockopt(int, int, int, const void *, unsigned int)"),
  socket: program.func("int socket(int, int, int)"),
  syscall: program.func("long syscall(long, long, long, long)"),
  timerfd_create: program.func("int timerfd_create(int, int)"),
  timerfd_settime: program.func("int timerfd_settime(int, int, const void *, void *)"),
  __libc_current_sigrtmin: program.func("int __libc_current_sigrtmin()"),
  __libc_current_sigrtmax: program.func("int __libc_current_sigrtmax()"),
};

/**
 * Returns the `result` of a system call, or throws a SystemError with its errno if it is negative. Make the system
 * call in the argument, so that nothing else can change errno: `call("socket", libc.socket(…))`.
 */
export function call(operation: string, result: number): number {
  if (result < 0) throw new SystemError(operation, koffi.errno());
  return result;
}

/** The errno of the last system call; meaningful only if that call failed. */
export function lastErrno(): number {
  return koffi.errno();
}

/** The address of a buffer. An ArrayBuffer never moves, but the caller must keep it referenced. */
export function addressOf(buffer: ArrayBuffer): Pointer {
  return koffi.address(buffer);
}

/** A view of `octets` of memory at `address`, which must stay mapped while the view is used. */
export function memoryAt(address: Pointer, octets: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(koffi.view(address, octets));
}

/** True on a little-endian machine. */
export const isLittleEndian: boolean = endianness() === "LE";
