// Pid files like keepalived's: a path in /run, the pid as content, and a lock held while the daemon runs.

import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { errnoNumber, errnoText } from "../ffi/errno.ts";
import { declare, isLittleEndian, lastErrno } from "../ffi/ffi.ts";
import { isSameFile } from "./same-file.ts";

const fcntl = declare("int fcntl(int, int, void *)");

// asm-generic/fcntl.h; struct flock is two shorts, the offsets at 8 and 16, and the pid at 24.
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;
const F_UNLCK = 2;
const FLOCK_OCTETS = 32;

const READ_BY_ALL = 0o644;
const READ_BY_OWNER = 0o600;
/** Attempts if the file keeps being removed between open and lock. */
const ATTEMPTS = 10;

/** The name of the daemon's own file. */
export const DAEMON_PID_FILE = "keepalived";

export interface PidFilePlace {
  /** `instance` of global_defs. */
  readonly instance?: string | undefined;
  /** The network namespace. */
  readonly namespace?: string | undefined;
  /** `use_pid_dir` of global_defs. */
  readonly usePidDir?: boolean;
  /** `/run` except in tests. */
  readonly runFolder?: string;
}

/**
 * The default path of the file `name` (`vrrp`): `/run/vrrp.pid`; in `/run/keepalived/` with use_pid_dir or an instance, which makes it
 * `vrrp_INSTANCE.pid`; in `/run/keepalived/NAMESPACE/` with a network namespace.
 */
export function defaultPidFilePath(name: string, place: PidFilePlace): string {
  const { instance, namespace, usePidDir = false, runFolder = "/run" } = place;
  const folder =
    namespace !== undefined
      ? `${runFolder}/keepalived/${namespace}`
      : instance !== undefined || usePidDir
        ? `${runFolder}/keepalived`
        : runFolder;
  return `${folder}/${name}${instance === undefined ? "" : `_${instance}`}.pid`;
}

/** A pid file that this process holds. */
export interface PidFile {
  readonly path: string;
  /** Replaces the pid, for example with that of a restarted child. */
  write(pid: number): void;
  /** Removes the file, unless the path is another file by now, and releases the lock. */
  remove(): void;
}

export type TakenPidFile =
  /** `writeError`: why the pid could not be written (a full disk, say). The lock is held nevertheless. */
  | { readonly kind: "taken"; readonly file: PidFile; readonly writeError: string | undefined }
  /** Another process holds it; `pid` is the content of the file. */
  | { readonly kind: "running"; readonly pid: number | undefined }
  | { readonly kind: "failed"; readonly reason: string };

export interface TakePidFileOptions {
  /**
   * Names of programs (/proc/PID/comm) that hold the file by their pid alone: old versions of keepalived do not lock
   * it. A running process with another name has reused the pid.
   */
  readonly rivals?: readonly string[];
  /** The user chose the path: do not create its folder. */
  readonly isUserChosen?: boolean;
}

/**
 * Locks the pid file at `path` and writes `pid` into it. A file left by a dead process is reused, since its lock is
 * gone. A file with a read lock, which any reader can set, is replaced by a new one. Creates a missing folder unless
 * the user chose the path. Fails for symbolic links, hard links, and files that are not regular or not ours.
 */
export function takePidFile(
  path: string,
  pid: number,
  { rivals = [], isUserChosen = false }: TakePidFileOptions = {},
): TakenPidFile {
  try {
    if (!isUserChosen) makeFolder(dirname(path));
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const taken = take(path, openPidFile(path, READ_BY_ALL), pid, rivals);
      if (taken !== undefined) return taken;
    }
    return { kind: "failed", reason: `${path} was removed repeatedly` };
  } catch (error) {
    return { kind: "failed", reason: (error as Error).message };
  }
}

/** The pid in the file at `path`, locked or not; undefined if there is none. */
export function readPidFile(path: string): number | undefined {
  const fd = openForReading(path);
  if (fd === undefined) return undefined;
  try {
    return fstatSync(fd).isFile() ? readPid(fd) : undefined;
  } finally {
    closeSync(fd);
  }
}

function openForReading(path: string): number | undefined {
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/** The pid in the file at `path` if a running process holds its lock; undefined if no process does. */
export function pidFileHolder(path: string): { readonly pid: number | undefined } | undefined {
  const fd = openForReading(path);
  if (fd === undefined) return undefined;
  try {
    return isWriteLocked(fd) ? { pid: readPid(fd) } : undefined;
  } finally {
    closeSync(fd);
  }
}

function openPidFile(path: string, mode: number): number {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  return openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode);
}

/** Why the file must not be used; undefined if it may be. */
function obstacle(path: string, fd: number): string | undefined {
  const stats = fstatSync(fd);
  if (!stats.isFile()) return `${path} is not a regular file`;
  if (stats.nlink > 1) return `${path} has other names too`;
  return stats.uid === process.geteuid?.() ? undefined : `${path} belongs to uid ${stats.uid}`;
}

/** Takes the file open as `fd`; undefined if `path` is another file by now. Closes `fd` unless the file is taken. */
function take(
  path: string,
  fd: number,
  pid: number,
  rivals: readonly string[],
): TakenPidFile | undefined {
  let heldFd: number | undefined;
  try {
    const reason = obstacle(path, fd);
    if (reason !== undefined) return { kind: "failed", reason };
    const isLocked = lock(path, fd);
    if (!isLocked && isWriteLocked(fd)) return { kind: "running", pid: readPid(fd) };
    if (!isSameFile(path, fd)) return undefined;
    const previousPid = readPid(fd);
    if (
      previousPid !== undefined &&
      previousPid !== process.pid &&
      rivals.includes(nameOfRunning(previousPid))
    ) {
      return { kind: "running", pid: previousPid };
    }
    heldFd = isLocked ? fd : replace(path, fd);
    return heldFd === undefined ? undefined : hold(path, heldFd, pid);
  } finally {
    if (heldFd !== fd) closeSync(fd);
  }
}

/** Sets the write lock; false if another lock exists. */
function lock(path: string, fd: number): boolean {
  if ((fcntl(fd, F_OFD_SETLK, lockOf(F_WRLCK)) as number) >= 0) return true;
  const errno = lastErrno();
  if (errno === errnoNumber.EAGAIN || errno === errnoNumber.EACCES) return false;
  throw new Error(`${path} cannot be locked: ${errnoText(errno)}`);
}

/**
 * Tests for a write lock, which only a daemon sets, by asking whether a read lock would conflict. An error counts as
 * unlocked: a file system without locks has no lock holders.
 */
function isWriteLocked(fd: number): boolean {
  const flock = lockOf(F_RDLCK);
  if ((fcntl(fd, F_OFD_GETLK, flock) as number) < 0) return false;
  return flock.getInt16(0, isLittleEndian) !== F_UNLCK;
}

/**
 * Replaces the file open as `fd` by a new, locked one and returns its descriptor; undefined if another process was
 * faster. Only the owner can open the new file before it is locked, so two daemons cannot both succeed.
 */
function replace(path: string, fd: number): number | undefined {
  const newPath = `${path}.new`;
  const newFd = openPidFile(newPath, READ_BY_OWNER);
  let isRenamed = false;
  try {
    const reason = obstacle(newPath, newFd);
    if (reason !== undefined) throw new Error(reason);
    if (!lock(newPath, newFd) || !isSameFile(newPath, newFd)) return undefined;
    if (!isSameFile(path, fd)) {
      unlinkSync(newPath);
      return undefined;
    }
    renameSync(newPath, path);
    isRenamed = true;
    return newFd;
  } finally {
    if (!isRenamed) closeSync(newFd);
  }
}

/** Writes `pid` into the locked file. */
function hold(path: string, fd: number, pid: number): TakenPidFile {
  const write = (content: number): void => {
    const text = `${content}\n`;
    // Write before truncating, so that a reader never finds the file empty.
    writeSync(fd, text, 0);
    ftruncateSync(fd, text.length);
  };
  let isHeld = true;
  const remove = (): void => {
    if (!isHeld) return;
    isHeld = false;
    try {
      if (isSameFile(path, fd)) unlinkSync(path);
    } finally {
      closeSync(fd);
    }
  };
  fchmodSync(fd, READ_BY_ALL);
  const writeError = errorOf(() => write(pid));
  // No pid is better than that of a dead process.
  if (writeError !== undefined) errorOf(() => ftruncateSync(fd, 0));
  return { kind: "taken", file: { path, write, remove }, writeError };
}

/** Runs `operation` and returns its error message; undefined on success. */
function errorOf(operation: () => void): string | undefined {
  try {
    operation();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function lockOf(type: number): DataView<ArrayBuffer> {
  const flock = new DataView(new ArrayBuffer(FLOCK_OCTETS));
  flock.setInt16(0, type, isLittleEndian);
  return flock;
}

function readPid(fd: number): number | undefined {
  const buffer = Buffer.alloc(16);
  const octets = readSync(fd, buffer, 0, buffer.length, 0);
  const pid = /^\s*([1-9][0-9]{0,9})\s*$/.exec(buffer.toString("latin1", 0, octets))?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** The name of a running process; empty if it does not run. */
function nameOfRunning(pid: number): string {
  try {
    // `PID (NAME) STATE …`; Z and X are dead.
    const found = /^\d+ \((.*)\) ([^ZX])/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1"));
    return found?.[1] ?? "";
  } catch {
    return "";
  }
}

/**
 * Creates the folder and missing folders above it, readable by all. Node's recursive mkdir loops forever where the
 * kernel allows no folders, as in /proc.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolder(parent);
  const previous = process.umask(0o022);
  try {
    mkdirSync(folder, { mode: 0o755 });
  } finally {
    process.umask(previous);
  }
}
