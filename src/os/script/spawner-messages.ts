// The messages between a script runner and its spawners, checked where they arrive from a script's user.

import type { CredentialPlan } from "./script-credentials.ts";

/** The first message to a spawner. */
export interface SpawnerStart {
  readonly plan: CredentialPlan;
  /** Of the scripts. */
  readonly environment: Readonly<Record<string, string>>;
  /** Their soft limit of open files; undefined: the spawner's. */
  readonly fileLimit: number | undefined;
}

/** One program to start. */
export interface SpawnOrder {
  /** Names the run, and the entry of the shared table that gets its pid. */
  readonly slot: number;
  readonly argv: readonly string[];
  readonly umask: number | undefined;
  /** How much of its output to keep. */
  readonly captureOctets: number;
}

/** How a run ended. */
export interface SpawnEnd {
  readonly slot: number;
  /** A wait status (man 2 wait), or a negative errno where it could not be started. */
  readonly status: number;
  /** In base64. */
  readonly output: string;
}

/** The descriptor of the table in the spawner: behind standard input, output, error and the channel. */
export const TABLE_FD = 4;

/** The ends in a message of a spawner, or undefined when it is none. */
export function parseSpawnEnds(message: unknown): readonly SpawnEnd[] | undefined {
  if (!Array.isArray(message)) return undefined;
  const isEnd = (end: unknown): boolean => {
    if (typeof end !== "object" || end === null) return false;
    const { slot, status, output } = end as Record<string, unknown>;
    return Number.isInteger(slot) && Number.isInteger(status) && typeof output === "string";
  };
  return message.every(isEnd) ? (message as SpawnEnd[]) : undefined;
}
