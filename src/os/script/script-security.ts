// Checks a configured program: its resolved path, who may run it, and who could change it.

import { closeSync, lstatSync, openSync, readlinkSync, readSync, type Stats } from "node:fs";
import type { ScriptFacts } from "../../lib/script.ts";

/** The user that would run the program. */
export interface ScriptUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups?: readonly number[];
}

const ROOT_USER: ScriptUser = { uid: 0, gid: 0 };
const ROOT_ALONE: ReadonlySet<number> = new Set([0]);

/** The kernel's limit of symbolic links in one path (linux/namei.h). */
const MAX_LINKS = 40;

/** elf.h ELFMAG. */
const ELF_MAGIC = Buffer.from("\x7fELF", "latin1");

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_OTHERS = 0o002;
const STICKY = 0o1000;
const SET_UID = 0o4000;
const SET_GID = 0o2000;

/**
 * Checks `program`, a path or a name to find in `searchPath` (in the format of PATH). A secure path belongs to root and
 * is writable by root's group at most, in every component, as written and after following symbolic links. A sticky
 * directory is secure, since users cannot replace each other's files in it.
 */
export function checkScript(
  program: string,
  user: ScriptUser,
  searchPath: string | undefined,
): ScriptFacts {
  if (program.includes("\0")) return { kind: "missing", reason: strerror("EINVAL") };
  if (program.includes("/")) return checkPath(program, user, false);
  let firstMiss: ScriptFacts = { kind: "missing", reason: strerror("ENOENT") };
  let refused: ScriptFacts | undefined;
  for (const directory of (searchPath ?? "/usr/sbin:/usr/bin:/sbin:/bin").split(":")) {
    const check = checkPath(`${directory === "" ? "." : directory}/${program}`, user, true);
    if (check.kind === "found" && check.irregular === undefined) {
      if (check.executable) return check;
      refused ??= check;
    } else if (check.kind === "found") {
      firstMiss = { kind: "missing", reason: strerror("EACCES") };
    } else if (check.reason !== strerror("ENOENT")) firstMiss = check;
  }
  return refused ?? firstMiss;
}

/** Why a user not in `trusted` could replace files in `folder`, by the same rules as for scripts; undefined if none can. */
export function folderInsecurity(folder: string, trusted: ReadonlySet<number>): string | undefined {
  const walked = walk(folder, ROOT_USER, trusted);
  return "reason" in walked ? `${folder}: ${walked.reason}` : walked.insecure;
}

function checkPath(path: string, user: ScriptUser, searched: boolean): ScriptFacts {
  const walked = walk(path, user);
  if ("reason" in walked) return { kind: "missing", reason: walked.reason };
  if (!walked.isReachable) return { kind: "missing", reason: strerror("EACCES") };
  const { stats } = walked;
  const format = stats.isFile() ? formatOf(walked.path) : "other";
  return {
    kind: "found",
    path: runPath(path, walked.path, format, user),
    searched,
    irregular: irregularity(stats),
    executable: mayExecute(stats, user),
    recognized: format !== "other",
    privileged:
      user.uid === 0 ||
      user.gid === 0 ||
      ((stats.mode & SET_UID) !== 0 && stats.uid === 0) ||
      ((stats.mode & SET_GID) !== 0 && stats.gid === 0),
    insecure: walked.insecure,
  };
}

function irregularity(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined;
  return stats.isDirectory() ? strerror("EISDIR") : "Not a regular file";
}

function runPath(written: string, real: string, format: Format, user: ScriptUser): string {
  const slash = written.lastIndexOf("/");
  const name = written.slice(slash + 1);
  if (name === "" || name === "." || name === ".." || real.endsWith(`/${name}`)) return real;
  const folder = walk(written.slice(0, slash + 1), user);
  if ("reason" in folder || format !== "binary") return real;
  return `${folder.path === "/" ? "" : folder.path}/${name}`;
}

/** An ELF file gets the name in argv[0], a script with `#!` its path; other files are run by a shell. */
type Format = "binary" | "script" | "other";

function formatOf(path: string): Format {
  const start = Buffer.alloc(ELF_MAGIC.length);
  try {
    const descriptor = openSync(path, "r");
    try {
      readSync(descriptor, start);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return "other";
  }
  if (start.equals(ELF_MAGIC)) return "binary";
  return start.toString("latin1").startsWith("#!") ? "script" : "other";
}

interface Walk {
  readonly path: string;
  readonly stats: Stats;
  /** True if the user may search every directory. */
  readonly isReachable: boolean;
  readonly insecure: string | undefined;
}

/** Resolves a path component by component and checks each one. */
function walk(
  path: string,
  user: ScriptUser,
  trusted: ReadonlySet<number> = ROOT_ALONE,
): Walk | { readonly reason: string } {
  const absolute = path.startsWith("/") ? path : `${process.cwd()}/${path}`;
  const pending = absolute.split("/").reverse();
  let at = "/";
  let links = 0;
  let isReachable = true;
  try {
    let stats = lstatSync(at);
    let insecure = insecurity(at, stats, trusted);
    while (pending.length > 0) {
      const component = pending.pop() as string;
      if (component === "") continue;
      if (!stats.isDirectory()) return { reason: strerror("ENOTDIR") };
      isReachable &&= user.uid === 0 || mayExecute(stats, user);
      if (component === ".") continue;
      const next = component === ".." ? parentOf(at) : `${at === "/" ? "" : at}/${component}`;
      const nextStats = lstatSync(next);
      insecure ??= insecurity(next, nextStats, trusted);
      if (!nextStats.isSymbolicLink()) {
        at = next;
        stats = nextStats;
        continue;
      }
      if (++links > MAX_LINKS) return { reason: strerror("ELOOP") };
      const target = readlinkSync(next);
      pending.push(...target.split("/").reverse());
      if (target.startsWith("/")) {
        at = "/";
        stats = lstatSync(at);
      }
    }
    return { path: at, stats, isReachable, insecure };
  } catch (error) {
    return { reason: strerror((error as NodeJS.ErrnoException).code ?? "EIO") };
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 1));
}

/** Why a user not in `trusted` could change the file at `path`; undefined if none can. */
function insecurity(path: string, stats: Stats, trusted: ReadonlySet<number>): string | undefined {
  if (!trusted.has(stats.uid)) return `${path} (owned by uid ${stats.uid})`;
  // The mode of a symbolic link has no effect; a sticky directory protects the files of other users.
  if (stats.isSymbolicLink() || (stats.isDirectory() && (stats.mode & STICKY) !== 0)) {
    return undefined;
  }
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) return `${path} (writable by all)`;
  if ((stats.mode & WRITABLE_BY_GROUP) !== 0 && stats.gid !== 0) {
    return `${path} (writable by gid ${stats.gid})`;
  }
  return undefined;
}

/** True if the mode allows the user to execute a file, or a user other than root to search a directory. */
function mayExecute(stats: Stats, user: ScriptUser): boolean {
  if (user.uid === 0) return (stats.mode & 0o111) !== 0;
  if (stats.uid === user.uid) return (stats.mode & 0o100) !== 0;
  const isInGroup = stats.gid === user.gid || (user.groups ?? []).includes(stats.gid);
  return (stats.mode & (isInGroup ? 0o010 : 0o001)) !== 0;
}

const STRERROR: Readonly<Record<string, string>> = {
  EACCES: "Permission denied",
  EINVAL: "Invalid argument",
  EISDIR: "Is a directory",
  ELOOP: "Too many levels of symbolic links",
  ENAMETOOLONG: "File name too long",
  ENOENT: "No such file or directory",
  ENOTDIR: "Not a directory",
};

/** The C library's text for errors of a path; the code itself for any other. */
function strerror(code: string): string {
  return STRERROR[code] ?? code;
}
