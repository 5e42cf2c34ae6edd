// Who could feed lines to the program that reads a notify FIFO: whoever made the FIFO, may write to it, or can put
// another one in its place.

import { lstatSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { folderInsecurity } from "../os/script/script-security.ts";

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_OTHERS = 0o002;
const ROOT = 0;

/** Who the FIFO belongs to by the configuration. */
export interface FifoOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Why the file at `path`, whose status is `stats`, is no FIFO to be used. It must belong to root, to this process's
 * user or to `owner`, and nobody but root's group and that of `owner` may write to it beside them.
 */
export function fifoObstacle(path: string, stats: Stats, owner: FifoOwner): string | undefined {
  if (!stats.isFIFO()) return `${path} is not a FIFO`;
  if (!trustedUsers(owner.uid).has(stats.uid)) return `${path} belongs to uid ${stats.uid}`;
  if (stats.nlink > 1) return `${path} has other names too`;
  if ((stats.mode & WRITABLE_BY_OTHERS) !== 0) return `${path}: writable by all`;
  const isGroupTrusted = stats.gid === ROOT || stats.gid === owner.gid;
  if ((stats.mode & WRITABLE_BY_GROUP) !== 0 && !isGroupTrusted) {
    return `${path}: writable by gid ${stats.gid}`;
  }
  return undefined;
}

/**
 * Why no program of the user `readerUid` may be started to read the FIFO at `path`: what `fifoObstacle` says of it
 * now, or somebody else could replace it.
 */
export function readerObstacle(
  path: string,
  owner: FifoOwner,
  readerUid: number,
): string | undefined {
  try {
    const obstacle = fifoObstacle(path, lstatSync(path), owner);
    if (obstacle !== undefined) return obstacle;
    // In a container whose root folder belongs to a user without a number in it, nothing belongs to root.
    return folderInsecurity(dirname(path), trustedUsers(owner.uid, readerUid, lstatSync("/").uid));
  } catch (error) {
    return (error as Error).message;
  }
}

function trustedUsers(...uids: readonly number[]): ReadonlySet<number> {
  return new Set([ROOT, process.geteuid?.() ?? ROOT, ...uids]);
}
