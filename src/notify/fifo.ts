// A FIFO for notifications. It exists before its reader starts, and writing never blocks.

import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  openSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import type { Log } from "../lib/log.ts";
import { makeFifo } from "../os/files/make-fifo.ts";
import { isSameFile } from "../os/files/same-file.ts";
import { fifoObstacle } from "./fifo-trust.ts";

export interface FifoOptions {
  readonly path: string;
  /** The owner of a new FIFO, who may read it. */
  readonly uid: number;
  readonly gid: number;
  readonly log: Log;
}

export interface NotifyFifo {
  readonly path: string;
  /** Writes a line (with its newline, at most 4096 octets), or queues it until the FIFO has room. */
  write(line: string): void;
  /** Closes the FIFO for a moment, so that the reader gets an end of file; lines are queued meanwhile. */
  reopen(): void;
  /** Closes the FIFO, and removes it if it was created here. */
  close(): void;
}

const READ_AND_WRITE_BY_OWNER = 0o600;
/** Lines queued in addition to those in the FIFO. */
const MAX_PENDING_LINES = 1_000;
const RETRY_MILLIS = 1_000;
/** Long enough for a waiting reader to get the end of file. */
const REOPEN_MILLIS = 50;

/**
 * Opens the FIFO, and creates it if it does not exist. Returns a reason if it cannot be created, or if `fifoObstacle`
 * refuses the file. It is opened for reading too, so that it keeps lines (64 KiB) for a later reader.
 */
export function openNotifyFifo(options: FifoOptions): NotifyFifo | { readonly reason: string } {
  const { path, log } = options;
  let isCreatedHere = false;
  let fd: number | undefined;
  let pending: string[] = [];
  let isFull = false;
  let isBroken = false;
  let timer: NodeJS.Timeout | undefined;

  const open = (): string | undefined => {
    try {
      const isNew = makeFifo(path, READ_AND_WRITE_BY_OWNER);
      isCreatedHere ||= isNew;
      // NOFOLLOW: in a folder that is writable by others, a link could point anywhere.
      const { O_RDWR, O_NONBLOCK, O_NOFOLLOW } = constants;
      fd = openSync(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
      const obstacle = fifoObstacle(path, fstatSync(fd), options);
      if (obstacle !== undefined) throw new Error(obstacle);
      if (isNew) {
        fchmodSync(fd, READ_AND_WRITE_BY_OWNER);
        fchownSync(fd, options.uid, options.gid);
      }
      return undefined;
    } catch (error) {
      release();
      return (error as Error).message;
    }
  };
  const release = (): void => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  const drain = (): void => {
    clearTimeout(timer);
    timer = undefined;
    while (fd !== undefined && pending.length > 0) {
      try {
        // A write of up to PIPE_BUF octets is atomic (man 7 pipe).
        writeSync(fd, pending[0] as string);
        pending.shift();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") {
          log("error", `Cannot write to notify FIFO ${path}: ${(error as Error).message}`);
          release();
        }
        break;
      }
    }
    if (pending.length === 0) isFull = false;
    if (fd === undefined) timer = setTimeout(openAgain, RETRY_MILLIS).unref();
    else if (pending.length > 0) timer = setTimeout(drain, RETRY_MILLIS).unref();
  };
  const openAgain = (): void => {
    timer = undefined;
    const reason = open();
    if (reason !== undefined && !isBroken) {
      log("error", `Notify FIFO ${path} cannot be opened: ${reason}`);
    }
    isBroken = reason !== undefined;
    drain();
  };

  const reason = open();
  if (reason !== undefined) return { reason };
  return {
    path,
    write: (line) => {
      if (pending.length >= MAX_PENDING_LINES) {
        if (!isFull) log("warning", `Notify FIFO ${path} is not read: dropping its oldest lines`);
        isFull = true;
        pending.shift();
      }
      pending.push(line);
      // During a reopen its timer drains the queue.
      if (fd !== undefined) drain();
    },
    reopen: () => {
      clearTimeout(timer);
      release();
      timer = setTimeout(openAgain, REOPEN_MILLIS);
    },
    close: () => {
      // During a reopen there may be lines to write and a file to remove.
      if (fd === undefined) open();
      if (fd !== undefined) drain();
      clearTimeout(timer);
      const isOurs = fd !== undefined && isCreatedHere && isSameFile(path, fd);
      release();
      pending = [];
      if (!isOurs) return;
      try {
        unlinkSync(path);
      } catch (error) {
        log("warning", `Cannot remove notify FIFO ${path}: ${(error as Error).message}`);
      }
    },
  };
}
