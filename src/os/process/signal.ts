// Signals, with the real-time ones that Node has no names for.

import inspector from "node:inspector";
import { constants } from "node:os";
import koffi from "koffi";
import { assert, defined } from "../../lib/assert.ts";
import { SystemError } from "../ffi/errno.ts";
import { declare, libc } from "../ffi/ffi.ts";

/** As the shell's `kill -l` and `--signum` spell them: `SIGHUP`, `SIGRTMIN+2`, `SIGRTMAX-1`. */
export type SignalName = string;

export interface SignalWatch {
  close(): void;
}

/** The number of a signal on this system, or undefined when it has none of that name. */
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
 * Calls `handler` in Node's loop, once or more often, after the process was sent the signal. The watch does not keep
 * the process alive. The signal must be one that `signalNumber` knows and that can be caught.
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
 * Lets a signal through that who started us has blocked, or Node itself: with --disable-sigusr1 it keeps SIGUSR1
 * blocked for good. One that was sent meanwhile comes now.
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

/** What a terminal or a stray `kill` may send to a daemon that has no use for it; each would end or stop it. */
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
 * Ignores the signals that mean nothing to a daemon, as keepalived does: Ctrl-\ and Ctrl-Z, and what a terminal sends
 * to a background process that writes to it. Ignored and not caught, so that such a write goes through. What Node
 * starts gets the system's own way back.
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

/** Node refuses numbers that are not in its table, so this asks the libuv inside it. */
function onRealtimeSignal(number: number, handler: () => void): SignalWatch {
  const uvHandleSize = declare("unsigned long uv_handle_size(int)");
  const uvSignalInit = declare("int uv_signal_init(void *, void *)");
  const uvSignalStart = declare("int uv_signal_start(void *, void *, int)");
  const uvSignalStop = declare("int uv_signal_stop(void *)");
  const loop = declare("void *uv_default_loop()")();
  // Never freed: libuv keeps the handle in its loop.
  const handle: unknown = koffi.alloc("uint8_t", Number(uvHandleSize(UV_SIGNAL)));
  // What a handler throws would be swallowed on its way through C; from an immediate it is an uncaught exception.
  const callback = koffi.register(() => void setImmediate(handler), callbackType);
  assert(uvSignalInit(loop, handle) === 0, "uv_signal_init failed");
  assert(uvSignalStart(handle, callback, number) === 0, `signal ${number} cannot be caught`);
  declare("void uv_unref(void *)")(handle);
  return { close: () => void uvSignalStop(handle) };
}

/**
 * Keeps Node's debugger shut, which SIGUSR1 opens: anyone on this machine could then run code as this user. To be
 * called first of all. From then on SIGUSR1 does nothing but call what `onSignal` adds; one that came while Node
 * itself was starting is undone. Where Node has `--disable-sigusr1` and got it, it waits for this call instead.
 */
export function refuseDebugger(): void {
  onSignal("SIGUSR1", () => undefined);
  // Who asks for it on the command line gets it.
  if (process.execArgv.some((option) => /^--inspect(-brk|-wait)?(=|$)/.test(option))) return;
  const close = (): void => {
    if (inspector.url() !== undefined) inspector.close();
  };
  close();
  // The debugger opens some turns of the loop after its signal.
  for (const millis of [0, 10, 50, 200, 1000]) setTimeout(close, millis).unref();
}
