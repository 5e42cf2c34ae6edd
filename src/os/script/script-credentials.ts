// How to become a script's user: a plan made from what this process may do, so that no script runs as the wrong one.

import { readFileSync } from "node:fs";

/** What this process is and may do. */
export interface OwnCredentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** CAP_SETUID and CAP_SETGID. */
  readonly mayBecomeOthers: boolean;
  /** False in a user namespace that denies setgroups (man 7 user_namespaces). */
  readonly maySetGroups: boolean;
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
  /** Run as this process is; `warning` when that is not what was asked for. */
  | { readonly kind: "keep"; readonly warning: string | undefined }
  | {
      readonly kind: "switch";
      readonly uid: number;
      readonly gid: number;
      /** Undefined: they stay, since this namespace lets nobody change them. */
      readonly groups: readonly number[] | undefined;
    }
  | { readonly kind: "refused"; readonly reason: string };

/**
 * What is to be done for a script of `wanted`. Where the user namespace knows one user only, that one runs it, since
 * there is no other and no privilege to be lost; everywhere else what cannot be had is a refusal.
 */
export function planCredentials(wanted: WantedCredentials, own: OwnCredentials): CredentialPlan {
  const sameUser = wanted.uid === own.uid && wanted.gid === own.gid;
  if (sameUser && sameGroups(wanted.supplementaryGroups, own)) {
    return { kind: "keep", warning: undefined };
  }
  if (!mapped(wanted.uid, own.uids) || !mapped(wanted.gid, own.gids)) {
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
  if (!own.mayBecomeOthers) {
    // Being root's peer without its privileges: the groups cannot be had, the user is right.
    if (sameUser) return { kind: "keep", warning: "its supplementary groups cannot be set" };
    return {
      kind: "refused",
      reason: `no privilege to become uid ${wanted.uid} gid ${wanted.gid} (CAP_SETUID and CAP_SETGID)`,
    };
  }
  if (!own.maySetGroups) {
    return sameUser
      ? { kind: "keep", warning: undefined }
      : { kind: "switch", uid: wanted.uid, gid: wanted.gid, groups: undefined };
  }
  const groups = wanted.supplementaryGroups;
  return { kind: "switch", uid: wanted.uid, gid: wanted.gid, groups };
}

/** This process's credentials as /proc/self says. */
export function readOwnCredentials(): OwnCredentials {
  const status = readFileSync("/proc/self/status", "latin1");
  const field = (name: string): string[] =>
    (new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(status)?.[1] ?? "").split(/\s+/).filter(Boolean);
  const effective = BigInt(`0x${field("CapEff")[0] ?? "0"}`);
  const CAP_SETGID = 6n;
  const CAP_SETUID = 7n;
  return {
    uid: Number(field("Uid")[1]),
    gid: Number(field("Gid")[1]),
    groups: field("Groups").map(Number),
    mayBecomeOthers: ((effective >> CAP_SETGID) & (effective >> CAP_SETUID) & 1n) === 1n,
    maySetGroups: readOr("/proc/self/setgroups", "allow").trim() !== "deny",
    uids: parseIdMap(readOr("/proc/self/uid_map", "0 0 4294967295")),
    gids: parseIdMap(readOr("/proc/self/gid_map", "0 0 4294967295")),
  };
}

/** The ranges in a uid_map or gid_map: `inside outside count` a line (man 7 user_namespaces). */
export function parseIdMap(text: string): IdRange[] {
  return text
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter((numbers) => numbers.length === 3)
    .map((numbers) => ({ first: numbers[0] as number, count: numbers[2] as number }));
}

function mapped(id: number, ranges: readonly IdRange[]): boolean {
  return ranges.some(({ first, count }) => id >= first && id < first + count);
}

/** Whether both have the same groups; the group of the user itself may be listed or not. */
function sameGroups(wanted: readonly number[], own: OwnCredentials): boolean {
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
