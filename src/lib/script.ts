// Scripts of users: their commands, the facts known before a run, and the outcomes of runs.

import { unreachable } from "./assert.ts";
import { type Micros, SECOND } from "./micros.ts";

/** The time from SIGTERM to SIGKILL, and from there to a second SIGKILL. */
export const KILL_AFTER_MICROS: Micros = 2 * SECOND;

/** The time from SIGTERM until a script that survives SIGKILL is no longer waited for. */
export const LONGEST_KILL_MICROS: Micros = 2 * KILL_AFTER_MICROS;

/** A program to run, resolved and checked. Do not run it if `refusal` is set. */
export interface Command {
  /** The text of the configuration, for the log. */
  readonly text: string;
  /** The program and its arguments. */
  readonly argv: readonly string[];
  readonly uid: number;
  readonly gid: number;
  readonly supplementaryGroups: readonly number[];
  /** Why it must not be run (no such file, insecure path), for the log. */
  readonly refusal: string | undefined;
}

/** The facts about a configured program. */
export type ScriptFacts =
  | {
      readonly kind: "found";
      /**
       * The path to run, without symbolic links. A binary keeps the name of a link to it, since some programs depend on
       * their name: `pidof` is a link to `killall5`.
       */
      readonly path: string;
      /** Found through PATH, which causes a warning. */
      readonly searched: boolean;
      /** The type of a file that is not regular: "Is a directory". */
      readonly irregular: string | undefined;
      /** The mode allows this user to run it (root needs any execute bit). */
      readonly executable: boolean;
      /** The kernel can run it: an ELF file, or a script that begins with `#!`. */
      readonly recognized: boolean;
      /** It would run as root, or is set-user-id or set-group-id root. */
      readonly privileged: boolean;
      /**
       * The first component of its path that a user other than root may change, with the reason: `/srv (owned by uid
       * 33)`. Both the path as written and the resolved one are checked; a sticky directory is secure.
       */
      readonly insecure: string | undefined;
    }
  /** Missing, or the user cannot reach it. `reason` is a text of strerror: "No such file or directory". */
  | { readonly kind: "missing"; readonly reason: string };

/** How a run ended. Anything but exit status 0 is a failure, except that a shortage is no result of a check. */
export type ScriptOutcome =
  | { readonly kind: "exited"; readonly status: number }
  | { readonly kind: "signalled"; readonly signal: number }
  | { readonly kind: "timedOut" }
  | { readonly kind: "notStarted"; readonly reason: string }
  /** This machine temporarily lacked a process, memory or a descriptor for it. */
  | { readonly kind: "shortage"; readonly reason: string };

/** True if a run exited with status 0. */
export function isSuccess(outcome: ScriptOutcome): boolean {
  return outcome.kind === "exited" && outcome.status === 0;
}

/** How a run ended, for the log: `exited with status 1`. */
export function outcomeText(outcome: ScriptOutcome): string {
  switch (outcome.kind) {
    case "exited":
      return `exited with status ${outcome.status}`;
    case "signalled":
      return `was ended by signal ${outcome.signal}`;
    case "timedOut":
      return "timed out";
    case "notStarted":
    case "shortage":
      return `was not run: ${outcome.reason}`;
    default:
      return unreachable(outcome);
  }
}
