// Whether a program may be run for a configuration: where it really is, who may run it, and who could change it.

import { closeSync, lstatSync, openSync, readlinkSync, readSync, type Stats } from "node:fs";
import type { ScriptFacts } from "../../lib/script.ts";

/** Who would run the program. */
export interface ScriptUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups?: readonly number[];
}

const ROOT_USER: ScriptUser = { uid: 0, gid: 0 };
const ROOT_ALONE: ReadonlySet<number> = new Set([0]);

/** The kernel's own limit on links in one path (linux/namei.h). */
const MAX_LINKS = 40;

/** elf.h ELFMAG. */
const ELF_MAGIC = Buffer.from("\x7fELF", "latin1");

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_OTHERS = 0o002;
const STICKY = 0o1000;
const SET_UID = 0o4000;
const SET_GID = 0o2000;

/**
 * Looks at `program`, a path or a word to be sought in `searchPath` (as the environment's PATH). Symbolic links are
 * followed, and every component on the way counts, as written and resolved: it must belong to root, and only root's
 * group may write to it; a directory with the sticky bit is safe, since nobody can replace another's file there.
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

/**
 * Why somebody else than the users of `trusted` could replace what lies in `folder`, by the same rules as for scripts;
 * undefined when nobody can.
 */
export function insecureFolder(folder: string, trusted: ReadonlySet<number>): string | undefined {
  const walked = walk(folder, ROOT_USER, trusted);
  return "reason" in walked ? `${folder}: ${walked.reason}` : walked.insecure;
}

function checkPath(path: string, user: ScriptUser, searched: boolean): ScriptFacts {
  const walked = walk(path, user);
  if ("reason" in walked) return { kind: "missing", reason: walked.reason };
  if (!walked.reachable) return { kind: "missing", reason: strerror("EACCES") };
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

/** Machine code learns its name from its first argument, a script with `#!` its path; others are left to a shell. */
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
  /** Whether the user may pass through every directory. */
  readonly reachable: boolean;
  readonly insecure: string | undefined;
}

/** Goes from the root to the file, component by component, through symbolic links. */
function walk(
  path: string,
  user: ScriptUser,
  trusted: ReadonlySet<number> = ROOT_ALONE,
): Walk | { readonly reason: string } {
  const absolute = path.startsWith("/") ? path : `${process.cwd()}/${path}`;
  const pending = absolute.split("/").reverse();
  let at = "/";
  let links = 0;
  let reachable = true;
  try {
    let stats = lstatSync(at);
    let insecure = insecurity(at, stats, trusted);
    while (pending.length > 0) {
      const component = pending.pop() as string;
      if (component === "") continue;
      if (!stats.isDirectory()) return { reason: strerror("ENOTDIR") };
      reachable &&= user.uid === 0 || mayExecute(stats, user);
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
    return { path: at, stats, reachable, insecure };
  } catch (error) {
    return { reason: strerror((error as NodeJS.ErrnoException).code ?? "EIO") };
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 1));
}

/** Why somebody who is not `trusted` could change what is found at `path`; undefined when nobody can. */
function insecurity(path: string, stats: Stats, trusted: ReadonlySet<number>): string | undefined {
  if (!trusted.has(stats.uid)) return `${path} (owned by uid ${stats.uid})`;
  // The mode of a symbolic link means nothing; a sticky directory protects what others own in it.
  if (stats.isSymbolicLink() || (stats.isDirectory() && (stats.mode & STICKY) !== 0)) {
    return undefined;
  }
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) return `${path} (anyone may write to it)`;
  if ((stats.mode & WRITABLE_BY_GROUP) !== 0 && stats.gid !== 0) {
    return `${path} (gid ${stats.gid} may write to it)`;
  }
  return undefined;
}

/** Whether the mode lets the user run a file, or anybody but root pass through a directory. */
function mayExecute(stats: Stats, user: ScriptUser): boolean {
  if (user.uid === 0) return (stats.mode & 0o111) !== 0;
  if (stats.uid === user.uid) return (stats.mode & 0o100) !== 0;
  const inGroup = stats.gid === user.gid || (user.groups ?? []).includes(stats.gid);
  return (stats.mode & (inGroup ? 0o010 : 0o001)) !== 0;
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

/** The C library's words for what can go wrong on a path; the code itself for anything else. */
function strerror(code: string): string {
  return STRERROR[code] ?? code;
}
