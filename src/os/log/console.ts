// Logging to standard error in keepalived's format. Writing never blocks.

import { closeSync, constants, fstatSync, openSync, type Stats, writeSync } from "node:fs";
import { SystemError } from "../ffi/errno.ts";
import { lastErrno, libc } from "../ffi/ffi.ts";
import { MSG_DONTWAIT, MSG_NOSIGNAL } from "../net/socket.ts";
import { consoleTime } from "./log-text.ts";
import { waitUntilWritable } from "./writable.ts";

/** The amount that a writable pipe accepts without blocking (PIPE_BUF). */
const CHUNK_OCTETS = 4_096;
/** How much is buffered for a slow reader. */
const MAX_PENDING_OCTETS = 65_536;
const RETRY_MILLIS = 20;

export interface ConsoleSink {
  /** Writes `TIME: text`, or buffers it if the reader is slow. */
  write(text: string): void;
  /** Buffers short output until `release`, so that it is written by fewer system calls. */
  hold(): void;
  release(): void;
  /** Writes the buffered lines, waiting up to `millis` for a slow reader. */
  flush(millis: number): void;
  /** The number of discarded lines. */
  lostLines(): number;
  /** Stops the retry timer and closes its own descriptor, but not `fd`. */
  close(): void;
}

/**
 * Opens a sink on `fd`, standard error by default. If the reader is too slow, lines are discarded, and their number is
 * logged in their place. If the reader is gone, lines are discarded silently.
 */
export function createConsoleSink(fd = 2, now: () => Date = () => new Date()): ConsoleSink {
  let pending: Buffer[] = [];
  let pendingOctets = 0;
  let lostLines = 0;
  let unreported = 0;
  let isHeld = false;
  let timer: NodeJS.Timeout | undefined;
  const output = openOutput(fd);

  const enqueue = (text: string): void => {
    const line = Buffer.from(`${consoleTime(now())}: ${text}\n`);
    pending.push(line);
    pendingOctets += line.length;
  };
  const drain = (millis: number): void => {
    let data = Buffer.concat(pending);
    try {
      while (data.length > 0 && (output.isFile || waitUntilWritable(fd, millis))) {
        data = data.subarray(output.write(firstLines(data)));
      }
    } catch (error) {
      // EAGAIN: retry later. Any other error: discard, since there is nowhere to report it.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") data = Buffer.alloc(0);
    }
    pending = data.length > 0 ? [data] : [];
    pendingOctets = data.length;
  };
  const drainLater = (): void => {
    if (pendingOctets === 0 || timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      drain(0);
      drainLater();
    }, RETRY_MILLIS).unref();
  };

  return {
    write: (text) => {
      if (isHeld && unreported === 0 && pendingOctets < CHUNK_OCTETS) {
        enqueue(text);
        return;
      }
      if (pendingOctets > 0) drain(0);
      if (pendingOctets > MAX_PENDING_OCTETS) {
        lostLines++;
        unreported++;
        return;
      }
      if (unreported > 0) enqueue(`${unreported} lines were lost: the console is not being read`);
      unreported = 0;
      enqueue(text);
      drain(0);
      drainLater();
    },
    hold: () => {
      isHeld = true;
    },
    release: () => {
      isHeld = false;
      if (pendingOctets > 0) drain(0);
      drainLater();
    },
    flush: (millis) => {
      const end = performance.now() + millis;
      do drain(Math.max(end - performance.now(), 0));
      while (pendingOctets > 0 && performance.now() < end);
    },
    lostLines: () => lostLines,
    close: () => {
      clearTimeout(timer);
      output.close();
    },
  };
}

/** The part of `data` for one write: whole lines, since other processes write to the same console. */
function firstLines(data: Buffer): Buffer {
  if (data.length <= CHUNK_OCTETS) return data;
  const end = data.lastIndexOf("\n", CHUNK_OCTETS - 1) + 1;
  return data.subarray(0, end === 0 ? CHUNK_OCTETS : end);
}

interface Output {
  readonly isFile: boolean;
  /** Returns the number of octets written; throws EAGAIN if a write would block. */
  readonly write: (data: Uint8Array) => number;
  readonly close: () => void;
}

/**
 * Several processes share a console: another one may fill it between poll and write. So a pipe or terminal is opened
 * again with O_NONBLOCK, which does not affect its other users; a socket uses MSG_DONTWAIT.
 */
function openOutput(fd: number): Output {
  const stats = statsOf(fd);
  const plain = { isFile: stats?.isFile() === true, close: () => undefined };
  if (stats?.isSocket()) return { ...plain, write: (data) => sendSome(fd, data) };
  if (stats?.isFIFO() || stats?.isCharacterDevice()) {
    try {
      const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
      const own = openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
      return { ...plain, write: (data) => writeSync(own, data), close: () => closeSync(own) };
    } catch {
      // Another user's terminal, or no /proc: rely on poll alone.
    }
  }
  return { ...plain, write: (data) => writeSync(fd, data) };
}

function sendSome(fd: number, data: Uint8Array): number {
  const octets = libc.send(fd, data, data.length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (octets < 0) throw new SystemError("send", lastErrno());
  return octets;
}

function statsOf(fd: number): Stats | undefined {
  try {
    return fstatSync(fd);
  } catch {
    return undefined;
  }
}
