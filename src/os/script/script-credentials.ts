// Plans the change to a script's user from this process's privileges, so that no script runs as the wrong user.

import { readFileSync } from "node:fs";
import { missingCapabilities } from "../process/process-control.ts";

/** The user, groups and privileges of this process. */
export interface OwnCredentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** Has CAP_SETUID and CAP_SETGID. */
  readonly canSwitchUser: boolean;
  /** False in a user namespace that denies setgroups (man 7 user_namespaces). */
  readonly canSetGroups: boolean;
  /** The ids that exist in this user namespace. */
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
}

export interface IdRange {
  readonly first: number;
  readonly count: number;
}

export interface WantedCredentials {
  readonly uid: number;
  readonly gid: number;
  readonly supplementaryGroups: readonly number[];
}

export type CredentialPlan =
  /** Run as the current user; `warning` if that is not the configured one. */
  | { readonly kind: "keep"; readonly warning: string | undefined }
  | {
      readonly kind: "switch";
      readonly uid: number;
      readonly gid: number;
      /** Undefined: keep the groups, since this user namespace denies setgroups. */
      readonly groups: readonly number[] | undefined;
    }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * Plans the change to the credentials `wanted`. In a user namespace with a single user, that user runs the script, since
 * there is no other user and no privilege to drop. Otherwise impossible credentials are refused.
 */
export function planCredentials(wanted: WantedCredentials, own: OwnCredentials): CredentialPlan {
  const isSameUser = wanted.uid === own.uid && wanted.gid === own.gid;
  if (isSameUser && hasSameGroups(wanted.supplementaryGroups, own)) {
    return { kind: "keep", warning: undefined };
  }
  if (!isMapped(wanted.uid, own.uids) || !isMapped(wanted.gid, own.gids)) {
    if (own.uids.length === 1 && own.uids[0]?.count === 1) {
      return {
        kind: "keep",
        warning: `runs as uid ${own.uid}: uid ${wanted.uid} gid ${wanted.gid} do not exist in this user namespace`,
      };
    }
    return {
      kind: "refused",
      reason: `uid ${wanted.uid} gid ${wanted.gid} do not exist in this user namespace`,
    };
  }
  if (!own.canSwitchUser) {
    // Root without capabilities: the user is right, but the groups cannot be set.
    if (isSameUser) return { kind: "keep", warning: "its supplementary groups cannot be set" };
    return {
      kind: "refused",
      reason: `no privilege to become uid ${wanted.uid} gid ${wanted.gid} (CAP_SETUID and CAP_SETGID)`,
    };
  }
  if (!own.canSetGroups) {
    return isSameUser
      ? { kind: "keep", warning: undefined }
      : { kind: "switch", uid: wanted.uid, gid: wanted.gid, groups: undefined };
  }
  const groups = wanted.supplementaryGroups;
  return { kind: "switch", uid: wanted.uid, gid: wanted.gid, groups };
}

/** Reads this process's credentials from /proc/self. */
export function readOwnCredentials(): OwnCredentials {
  const status = readFileSync("/proc/self/status", "latin1");
  const field = (name: string): string[] =>
    (new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(status)?.[1] ?? "").split(/\s+/).filter(Boolean);
  return {
    uid: Number(field("Uid")[1]),
    gid: Number(field("Gid")[1]),
    groups: field("Groups").map(Number),
    canSwitchUser: missingCapabilities(["CAP_SETUID", "CAP_SETGID"], status).length === 0,
    canSetGroups: readOr("/proc/self/setgroups", "allow").trim() !== "deny",
    uids: parseIdMap(readOr("/proc/self/uid_map", "0 0 4294967295")),
    gids: parseIdMap(readOr("/proc/self/gid_map", "0 0 4294967295")),
  };
}

/** Parses a uid_map or gid_map: lines of `inside outside count` (man 7 user_namespaces). */
export function parseIdMap(text: string): IdRange[] {
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((numbers) => numbers.length === 3)
    .map((numbers) => ({ first: numbers[0] as number, count: numbers[2] as number }));
}

function isMapped(id: number, ranges: readonly IdRange[]): boolean {
  return ranges.some(({ first, count }) => id >= first && id < first + count);
}

/** True if the groups are the same. The user's own group may be listed or not. */
function hasSameGroups(wanted: readonly number[], own: OwnCredentials): boolean {
  const normal = (groups: readonly number[]): string =>
    [...new Set(groups)]
      .filter((group) => group !== own.gid)
      .sort((a, b) => a - b)
      .join();
  return normal(wanted) === normal(own.groups);
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return otherwise;
  }
}
