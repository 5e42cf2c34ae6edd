// A FIFO that programs read notifications from: there before its reader, and never waited for.

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
  /** Who may read it. */
  readonly uid: number;
  readonly gid: number;
  readonly log: Log;
}

export interface NotifyFifo {
  readonly path: string;
  /** Writes one line (with its newline, at most 4096 octets), or keeps it until there is room. */
  write(line: string): void;
  /** Closes it and opens it again a moment later, so that the reader sees an end of file; lines wait meanwhile. */
  reopen(): void;
  /** Closes it, and removes it when it was made here. */
  close(): void;
}

const READ_AND_WRITE_BY_OWNER = 0o600;
/** Lines kept beyond what the FIFO itself holds. */
const MAX_PENDING_LINES = 1_000;
const RETRY_MILLIS = 1_000;
/** Long enough for a waiting reader to be woken by the end of file. */
const REOPEN_MILLIS = 50;

/**
 * Opens the FIFO, making it when it isn't there. Gives a reason instead when something else is at that path,
 * somebody else made it or may write to it, or it cannot be made. It is opened for reading too: lines stay in it (64 KiB) for a reader that comes later.
 */
export function openNotifyFifo(options: FifoOptions): NotifyFifo | { readonly reason: string } {
  const { path, log } = options;
  let made = false;
  let fd: number | undefined;
  let pending: string[] = [];
  let isFull = false;
  let isBroken = false;
  let timer: NodeJS.Timeout | undefined;

  const open = (): string | undefined => {
    try {
      const isNew = makeFifo(path, READ_AND_WRITE_BY_OWNER);
      made ||= isNew;
      // NOFOLLOW: in a folder that others may write to, a link could lead anywhere.
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
        // Up to PIPE_BUF octets go in whole or not at all (man 7 pipe).
        writeSync(fd, pending[0] as string);
        pending.shift();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") {
          log("error", `Notify FIFO ${path} does not work: ${(error as Error).message}`);
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
        if (!isFull)
          log("warning", `Notify FIFO ${path} is not read: its oldest lines are dropped`);
        isFull = true;
        pending.shift();
      }
      pending.push(line);
      // While it is being reopened its timer drains it.
      if (fd !== undefined) drain();
    },
    reopen: () => {
      clearTimeout(timer);
      release();
      timer = setTimeout(openAgain, REOPEN_MILLIS);
    },
    close: () => {
      // Between closed and open again there are lines to be told and a file to be removed all the same.
      if (fd === undefined) open();
      if (fd !== undefined) drain();
      clearTimeout(timer);
      const isOurs = fd !== undefined && made && isSameFile(path, fd);
      release();
      pending = [];
      if (!isOurs) return;
      try {
        unlinkSync(path);
      } catch (error) {
        log("warning", `Notify FIFO ${path} cannot be removed: ${(error as Error).message}`);
      }
    },
  };
}
