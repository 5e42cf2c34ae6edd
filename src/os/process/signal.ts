// Signals, including the real-time signals that Node does not support.

import { constants } from "node:os";
import { assert, defined } from "../../lib/assert.ts";
import { SystemError } from "../ffi/errno.ts";
import { declare, libc } from "../ffi/ffi.ts";
import { koffi } from "../ffi/koffi.ts";

/** Spelled as by `kill -l` and `--signum`: `SIGHUP`, `SIGRTMIN+2`, `SIGRTMAX-1`. */
export type SignalName = string;

export interface SignalWatch {
  close(): void;
}

/** The number of a signal on this system; undefined if the name is unknown. */
export function signalNumber(name: SignalName): number | undefined {
  const known = (constants.signals as Readonly<Record<string, number>>)[name];
  if (known !== undefined) return known;
  const match = /^SIGRT(MIN|MAX)([+-][0-9]{1,2})?$/.exec(name);
  if (match === null) return undefined;
  const lowest = libc.__libc_current_sigrtmin();
  const highest = libc.__libc_current_sigrtmax();
  const number = (match[1] === "MIN" ? lowest : highest) + Number(match[2] ?? 0);
  return number >= lowest && number <= highest ? number : undefined;
}

/**
 * Calls `handler` in Node's loop after the process received the signal, which `signalNumber` must know and a process
 * can catch. Several signals may lead to one call. The watch does not keep the process alive.
 */
export function onSignal(name: SignalName, handler: () => void): SignalWatch {
  const number = defined(signalNumber(name), `signal ${name}`);
  const watch = Object.hasOwn(constants.signals, name)
    ? onNodeSignal(name, handler)
    : onRealtimeSignal(number, handler);
  unblock(number);
  return watch;
}

function onNodeSignal(name: SignalName, handler: () => void): SignalWatch {
  process.on(name, handler);
  return { close: () => void process.off(name, handler) };
}

/**
 * Unblocks a signal that the starter of this process blocked, or Node: with --disable-sigusr1 it blocks SIGUSR1. A
 * pending signal is delivered now.
 */
function unblock(number: number): void {
  // sigset_t: bit n - 1 of an array of words (at most 128 octets).
  const set = new BigUint64Array(16);
  set[(number - 1) >> 6] = 1n << BigInt((number - 1) & 63);
  const errno = libc.pthread_sigmask(SIG_UNBLOCK, set, null);
  if (errno !== 0) throw new SystemError("pthread_sigmask", errno);
}

/** asm-generic/signal-defs.h */
const SIG_UNBLOCK = 1;

/** Signals from a terminal or a stray `kill` that the daemon does not use and that would end or stop it. */
const STRAY_SIGNALS = [
  "SIGQUIT",
  "SIGALRM",
  "SIGVTALRM",
  "SIGSTKFLT",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
  "SIGXCPU",
  "SIGIO",
  "SIGPWR",
] as const;

/**
 * Ignores signals that the daemon does not use, as keepalived does: Ctrl-\, Ctrl-Z, and those that a terminal sends to
 * a background process that writes to it. They are ignored and not caught, so that such a write succeeds. Programs
 * that Node starts get the default actions.
 */
export function ignoreStraySignals(): void {
  const signal = declare("void *signal(int, intptr_t)");
  for (const name of STRAY_SIGNALS) signal(defined(signalNumber(name), name), SIG_IGN);
}

/** asm-generic/signal-defs.h */
const SIG_IGN = 1;

/** libuv's uv_handle_type (uv.h). */
const UV_SIGNAL = 16;
const callbackType = koffi.pointer(koffi.proto("void HoldfastSignal(void *handle, int number)"));

/** Node rejects signal numbers that are not in its table, so call libuv directly. */
function onRealtimeSignal(number: number, handler: () => void): SignalWatch {
  const uvHandleSize = declare("unsigned long uv_handle_size(int)");
  const uvSignalInit = declare("int uv_signal_init(void *, void *)");
  const uvSignalStart = declare("int uv_signal_start(void *, void *, int)");
  const uvSignalStop = declare("int uv_signal_stop(void *)");
  const loop = declare("void *uv_default_loop()")();
  // Never freed: the handle stays in libuv's loop.
  const handle: unknown = koffi.alloc("uint8_t", Number(uvHandleSize(UV_SIGNAL)));
  // An exception in the handler would be lost in C code; in an immediate it is an uncaught exception.
  const callback = koffi.register(() => void setImmediate(handler), callbackType);
  assert(uvSignalInit(loop, handle) === 0, "uv_signal_init failed");
  assert(uvSignalStart(handle, callback, number) === 0, `signal ${number} cannot be caught`);
  declare("void uv_unref(void *)")(handle);
  return { close: () => void uvSignalStop(handle) };
}

/**
 * Disables Node's debugger, which SIGUSR1 opens for any user of this machine. Call it first: from then on SIGUSR1 only
 * calls handlers added by `onSignal`. If a signal opened the debugger during Node's start, it is closed again; with
 * Node's option `--disable-sigusr1` the signal stays pending until this call.
 */
export function disableDebugger(): void {
  onSignal("SIGUSR1", () => undefined);
  // Keep a debugger that was requested on the command line.
  if (process.execArgv.some((option) => /^--inspect(-brk|-wait)?(=|$)/.test(option))) return;
  const close = debuggerClose();
  close();
  // The debugger opens some turns of the loop after the signal.
  for (const millis of [0, 10, 50, 200, 1000]) setTimeout(close, millis).unref();
}

/**
 * `inspector.close`, which does nothing where no debugger is open. Node has it under another name too, and loading the
 * module takes 5 ms of a start.
 */
function debuggerClose(): () => void {
  const close: unknown = Reflect.get(process, "_debugEnd");
  if (typeof close === "function") return () => void close.call(process);
  return process.getBuiltinModule("node:inspector").close;
}
