// Messages between the script runner and its spawners. Those from a spawner, which runs as a script's user, are checked.

import type { CredentialPlan } from "./script-credentials.ts";

/** The first message to a spawner. */
export interface SpawnerStart {
  readonly plan: CredentialPlan;
  /** The environment of the scripts. */
  readonly environment: Readonly<Record<string, string>>;
  /** The scripts' soft limit of open files; undefined: that of the spawner. */
  readonly fileLimit: number | undefined;
}

/** One program to start. */
export interface SpawnOrder {
  /** Identifies the run, and its entry in the shared table. */
  readonly slot: number;
  readonly argv: readonly string[];
  readonly umask: number | undefined;
  /** How much of the output to capture. */
  readonly captureOctets: number;
}

/** How a run ended. */
export interface SpawnEnd {
  readonly slot: number;
  /** A wait status (man 2 wait), or a negative errno if the start failed. */
  readonly status: number;
  /** Base64. */
  readonly output: string;
}

/** The descriptor of the table in the spawner, after standard input, output, error and the channel. */
export const TABLE_FD = 4;

/** Checks a message from a spawner; undefined if it is invalid. */
export function parseSpawnEnds(message: unknown): readonly SpawnEnd[] | undefined {
  if (!Array.isArray(message)) return undefined;
  const isEnd = (end: unknown): boolean => {
    if (typeof end !== "object" || end === null) return false;
    const { slot, status, output } = end as Record<string, unknown>;
    return Number.isInteger(slot) && Number.isInteger(status) && typeof output === "string";
  };
  return message.every(isEnd) ? (message as SpawnEnd[]) : undefined;
}
