// The console: keepalived's lines on standard error, without ever waiting for whoever reads them.

import { closeSync, constants, fstatSync, openSync, type Stats, writeSync } from "node:fs";
import { SystemError } from "../ffi/errno.ts";
import { lastErrno, libc } from "../ffi/ffi.ts";
import { consoleTime } from "./log-text.ts";
import { waitUntilWritable } from "./writable.ts";

/** What a pipe that poll calls writable takes without waiting (PIPE_BUF). */
const CHUNK_OCTETS = 4_096;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** What is kept for a slow reader. */
const MAX_PENDING_OCTETS = 65_536;
const RETRY_MILLIS = 20;

export interface ConsoleSink {
  /** Writes `TIME: text`, or keeps it for later when the reader is slow. */
  write(text: string): void;
  /** From now to `release`, short pieces of output are kept so that they leave together. */
  hold(): void;
  release(): void;
  /** Writes what is kept, waiting for a slow reader for `millis` at most. */
  flush(millis: number): void;
  /** How many lines were thrown away. */
  lost(): number;
  /** Lets go of what it holds beside the descriptor. */
  close(): void;
}

/**
 * A sink over a descriptor, standard error by default. A reader that stops reading costs lines, which are counted and
 * reported in their place, never time; a reader that is gone costs the lines in silence.
 */
export function createConsoleSink(fd = 2, now: () => Date = () => new Date()): ConsoleSink {
  let pending: Buffer[] = [];
  let pendingOctets = 0;
  let lost = 0;
  let unreported = 0;
  let isHeld = false;
  let timer: NodeJS.Timeout | undefined;
  const output = openOutput(fd);

  const keep = (text: string): void => {
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
      // EAGAIN: later. Anything else: nobody reads, and there is nowhere to say so.
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
        keep(text);
        return;
      }
      if (pendingOctets > 0) drain(0);
      if (pendingOctets > MAX_PENDING_OCTETS) {
        lost++;
        unreported++;
        return;
      }
      if (unreported > 0) keep(`${unreported} lines were lost: the console is not being read`);
      unreported = 0;
      keep(text);
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
    lost: () => lost,
    close: () => {
      clearTimeout(timer);
      output.close();
    },
  };
}

/** What leaves in one piece: whole lines, since another process may write its own behind it. */
function firstLines(data: Buffer): Buffer {
  if (data.length <= CHUNK_OCTETS) return data;
  const end = data.lastIndexOf("\n", CHUNK_OCTETS - 1) + 1;
  return data.subarray(0, end === 0 ? CHUNK_OCTETS : end);
}

interface Output {
  readonly isFile: boolean;
  /** Gives how many octets were taken; throws EAGAIN where a write would wait. */
  readonly write: (data: Uint8Array) => number;
  readonly close: () => void;
}

/**
 * Several processes write to one console: another may take the room between asking for it and writing. So a pipe or a
 * terminal is opened once more, without waiting, which changes nothing for whoever else has it; a socket has a flag.
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
      // Somebody else's terminal, or no /proc: then it is only asked for room.
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
