// The console: keepalived's lines on standard error, without ever waiting for whoever reads them.

import { fstatSync, writeSync } from "node:fs";
import { consoleTime } from "./log-text.ts";
import { waitUntilWritable } from "./writable.ts";

/** What a pipe that poll calls writable takes without waiting (PIPE_BUF). */
const CHUNK_OCTETS = 4_096;
/** What is kept for a slow reader. */
const MAX_PENDING_OCTETS = 65_536;
const RETRY_MILLIS = 20;

export interface ConsoleSink {
  /** Writes `TIME: text`, or keeps it for later when the reader is slow. */
  write(text: string): void;
  /** Writes what is kept, waiting for a slow reader for `millis` at most. */
  flush(millis: number): void;
  /** How many lines were thrown away. */
  lost(): number;
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
  let timer: NodeJS.Timeout | undefined;
  const isFile = isRegularFile(fd);

  const keep = (text: string): void => {
    const line = Buffer.from(`${consoleTime(now())}: ${text}\n`);
    pending.push(line);
    pendingOctets += line.length;
  };
  const drain = (millis: number): void => {
    let data = Buffer.concat(pending);
    try {
      while (data.length > 0 && (isFile || waitUntilWritable(fd, millis))) {
        data = data.subarray(writeSync(fd, data.subarray(0, CHUNK_OCTETS)));
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
    flush: (millis) => {
      const end = Date.now() + millis;
      do drain(Math.max(end - Date.now(), 0));
      while (pendingOctets > 0 && Date.now() < end);
    },
    lost: () => lost,
  };
}

function isRegularFile(fd: number): boolean {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
}
