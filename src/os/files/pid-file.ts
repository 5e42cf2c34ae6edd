// Pid files as keepalived has them: a name in /run, the pid in it, and a lock that says whether its writer lives.

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
/** How often a file that vanishes between opening and locking is tried again. */
const ATTEMPTS = 10;

export type PidFileKind = "parent" | "vrrp" | "checkers" | "bfd";

const NAMES: { readonly [kind in PidFileKind]: string } = {
  parent: "keepalived",
  vrrp: "vrrp",
  checkers: "checkers",
  bfd: "bfd",
};

export interface PidFilePlace {
  /** `instance` of global_defs. */
  readonly instance?: string | undefined;
  /** The network namespace. */
  readonly namespace?: string | undefined;
  /** `use_pid_dir` of global_defs. */
  readonly usePidDir?: boolean;
  /** `/run` but for tests. */
  readonly runFolder?: string;
}

/**
 * The default name: `/run/vrrp.pid`; in `/run/keepalived/` with use_pid_dir or an instance, which makes it
 * `vrrp_INSTANCE.pid`; in `/run/keepalived/NAMESPACE/` with a network namespace.
 */
export function defaultPidFilePath(kind: PidFileKind, place: PidFilePlace): string {
  const { instance, namespace, usePidDir = false, runFolder = "/run" } = place;
  const folder =
    namespace !== undefined
      ? `${runFolder}/keepalived/${namespace}`
      : instance !== undefined || usePidDir
        ? `${runFolder}/keepalived`
        : runFolder;
  return `${folder}/${NAMES[kind]}${instance === undefined ? "" : `_${instance}`}.pid`;
}

/** A pid file that this process holds. */
export interface PidFile {
  readonly path: string;
  /** Puts another pid in it, such as that of a child that was started again. */
  write(pid: number): void;
  /** Removes it, unless something else stands at its path, and lets go of the lock. */
  remove(): void;
}

export type TakenPidFile =
  /** `unwritten`: why the pid is not in it (a full disk); the lock alone keeps others away. */
  | { readonly kind: "taken"; readonly file: PidFile; readonly unwritten: string | undefined }
  /** Somebody holds it; `pid` is what stands in it. */
  | { readonly kind: "running"; readonly pid: number | undefined }
  | { readonly kind: "failed"; readonly reason: string };

export interface TakePidFileOptions {
  /**
   * Names of programs (/proc/PID/comm) that hold the file by their pid in it alone: keepalived took to locks late. A
   * living process of another name got the number of a dead one.
   */
  readonly rivals?: readonly string[];
  /** A path that the user chose: its folder is not made. */
  readonly isChosen?: boolean;
}

/**
 * Takes the pid file at `path` and writes `pid` into it. What a dead process left there hinders nothing: its lock
 * went with it. Nor does a read lock, which anybody can set who can read the file: the file is then replaced by a new
 * one. A missing folder is made, unless the user chose it. Links are not followed, and a file that is not a plain one
 * of ours is not touched.
 */
export function takePidFile(
  path: string,
  pid: number,
  { rivals = [], isChosen = false }: TakePidFileOptions = {},
): TakenPidFile {
  try {
    if (!isChosen) makeFolder(dirname(path));
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const taken = take(path, openPidFile(path, READ_BY_ALL), pid, rivals);
      if (taken !== undefined) return taken;
    }
    return { kind: "failed", reason: `${path} keeps vanishing` };
  } catch (error) {
    return { kind: "failed", reason: (error as Error).message };
  }
}

/** What stands in the pid file at `path`, whether or not somebody holds it; undefined without such a file. */
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

/** Whether a living process holds the pid file at `path`, and which by its content; undefined when none does. */
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

/** Why the file must not be touched. */
function obstacle(path: string, fd: number): string | undefined {
  const stats = fstatSync(fd);
  if (!stats.isFile()) return `${path} is not a regular file`;
  if (stats.nlink > 1) return `${path} has other names too`;
  return stats.uid === process.geteuid?.() ? undefined : `${path} belongs to uid ${stats.uid}`;
}

/** Takes the file behind `fd`; undefined when `path` leads elsewhere by now. Closes `fd` unless the file is taken. */
function take(
  path: string,
  fd: number,
  pid: number,
  rivals: readonly string[],
): TakenPidFile | undefined {
  let held: number | undefined;
  try {
    const reason = obstacle(path, fd);
    if (reason !== undefined) return { kind: "failed", reason };
    const isLocked = lock(path, fd);
    if (!isLocked && isWriteLocked(fd)) return { kind: "running", pid: readPid(fd) };
    if (!isSameFile(path, fd)) return undefined;
    const former = readPid(fd);
    if (former !== undefined && former !== process.pid && rivals.includes(nameOfLiving(former))) {
      return { kind: "running", pid: former };
    }
    held = isLocked ? fd : replace(path, fd);
    return held === undefined ? undefined : hold(path, held, pid);
  } finally {
    if (held !== fd) closeSync(fd);
  }
}

/** Sets the write lock; false when any other lock is in the way. */
function lock(path: string, fd: number): boolean {
  if ((fcntl(fd, F_OFD_SETLK, lockOf(F_WRLCK)) as number) >= 0) return true;
  const errno = lastErrno();
  if (errno === errnoNumber.EAGAIN || errno === errnoNumber.EACCES) return false;
  throw new Error(`${path} cannot be locked: ${errnoText(errno)}`);
}

/**
 * Whether a daemon holds the file: its lock keeps read locks away. A failure cannot tell; to start beside another
 * daemon is worse than not to start, but a file without locks has no holder either.
 */
function isWriteLocked(fd: number): boolean {
  const flock = lockOf(F_RDLCK);
  if ((fcntl(fd, F_OFD_GETLK, flock) as number) < 0) return false;
  return flock.getInt16(0, isLittleEndian) !== F_UNLCK;
}

/**
 * Puts a new, locked file in the place of the one behind `fd`; gives its descriptor, or undefined when somebody else
 * was quicker. Nobody but its owner can open the new file before it is locked, so that two daemons cannot both do this.
 */
function replace(path: string, fd: number): number | undefined {
  const beside = `${path}.new`;
  const fresh = openPidFile(beside, READ_BY_OWNER);
  let isPlaced = false;
  try {
    const reason = obstacle(beside, fresh);
    if (reason !== undefined) throw new Error(reason);
    if (!lock(beside, fresh) || !isSameFile(beside, fresh)) return undefined;
    if (!isSameFile(path, fd)) {
      unlinkSync(beside);
      return undefined;
    }
    renameSync(beside, path);
    isPlaced = true;
    return fresh;
  } finally {
    if (!isPlaced) closeSync(fresh);
  }
}

/** The locked file as one that this process holds, with `pid` in it. */
function hold(path: string, fd: number, pid: number): TakenPidFile {
  const write = (content: number): void => {
    const text = `${content}\n`;
    // Written before it is cut: a reader never finds it empty once there was a pid in it.
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
  const unwritten = attempt(() => write(pid));
  // Better no pid in it than that of a dead process.
  if (unwritten !== undefined) attempt(() => ftruncateSync(fd, 0));
  return { kind: "taken", file: { path, write, remove }, unwritten };
}

/** Why `operation` failed. */
function attempt(operation: () => void): string | undefined {
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

/** The name of a process that runs, or the empty string. */
function nameOfLiving(pid: number): string {
  try {
    // `PID (NAME) STATE …`: a zombie is dead.
    const found = /^\d+ \((.*)\) ([^ZX])/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1"));
    return found?.[1] ?? "";
  } catch {
    return "";
  }
}

/**
 * Makes the folder and what is missing above it, for all to look into. Node's own way to do so loops for ever where
 * the kernel allows no folders, as in /proc.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  const above = dirname(folder);
  if (above !== folder) makeFolder(above);
  const previous = process.umask(0o022);
  try {
    mkdirSync(folder, { mode: 0o755 });
  } finally {
    process.umask(previous);
  }
}
