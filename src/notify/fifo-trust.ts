// Checks that no untrusted user can write to a notify FIFO or replace it, and so pass lines to the program that reads it.

import { lstatSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { folderInsecurity } from "../os/script/script-security.ts";

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_OTHERS = 0o002;
const ROOT = 0;

/** The configured owner of the FIFO. */
export interface FifoOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Why the file at `path` with status `stats` must not be used; undefined if it may be. It must be a FIFO owned by root,
 * by this process's user or by `owner`, and writable by no group except root's and that of `owner`.
 */
export function fifoObstacle(path: string, stats: Stats, owner: FifoOwner): string | undefined {
  if (!stats.isFIFO()) return `${path} is not a FIFO`;
  if (!trustedUsers(owner.uid).has(stats.uid)) return `${path} belongs to uid ${stats.uid}`;
  if (stats.nlink > 1) return `${path} has several hard links`;
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) return `${path}: writable by all`;
  const isGroupTrusted = stats.gid === ROOT || stats.gid === owner.gid;
  if ((stats.mode & WRITABLE_BY_GROUP) !== 0 && !isGroupTrusted) {
    return `${path}: writable by gid ${stats.gid}`;
  }
  return undefined;
}

/**
 * Why a program of the user `readerUid` must not be started to read the FIFO at `path`: an obstacle of `fifoObstacle`,
 * or another user could replace the FIFO.
 */
export function readerObstacle(
  path: string,
  owner: FifoOwner,
  readerUid: number,
): string | undefined {
  try {
    const obstacle = fifoObstacle(path, lstatSync(path), owner);
    if (obstacle !== undefined) return obstacle;
    // In a container, the system's folders may belong to an unmapped user: trust the owner of the root folder.
    return folderInsecurity(dirname(path), trustedUsers(owner.uid, readerUid, lstatSync("/").uid));
  } catch (error) {
    return (error as Error).message;
  }
}

function trustedUsers(...uids: readonly number[]): ReadonlySet<number> {
  return new Set([ROOT, process.geteuid?.() ?? ROOT, ...uids]);
}
