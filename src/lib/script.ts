// Programs of users that run on their behalf: which, what is known of them before, and how a run ended.

import { unreachable } from "./assert.ts";
import { type Micros, SECOND } from "./micros.ts";

/** A script that does not end by SIGTERM gets SIGKILL so much later, and once more after as long. */
export const KILL_AFTER_MICROS: Micros = 2 * SECOND;

/** From SIGTERM to the moment when nobody waits any longer for a script that even SIGKILL does not end. */
export const LONGEST_KILL_MICROS: Micros = 2 * KILL_AFTER_MICROS;

/** A program to run, resolved and checked: never run it when `refusal` is set. */
export interface Command {
  /** As written, for the log. */
  readonly text: string;
  /** The program and its arguments. */
  readonly argv: readonly string[];
  readonly uid: number;
  readonly gid: number;
  readonly supplementaryGroups: readonly number[];
  /** Why it is not run (no such file, insecure path), in words for the log. */
  readonly refusal: string | undefined;
}

/** What the machine says of a program that a configuration names. */
export type ScriptFacts =
  | {
      readonly kind: "found";
      /**
       * What to run: the path without symbolic links. The last name stays as written where a link gives a binary
       * another one, since such programs do what their name says: `pidof` is a link to `killall5`.
       */
      readonly path: string;
      /** Whether it was found through PATH: worth a warning. */
      readonly searched: boolean;
      /** What it is where it is no regular file: "Is a directory". */
      readonly irregular: string | undefined;
      /** Whether mode bits let this user run it (root needs one execute bit). */
      readonly executable: boolean;
      /** Whether the kernel knows how to run it: machine code, or a script that begins with `#!`. */
      readonly recognized: boolean;
      /** Whether it would run as root, or is set-user-id or set-group-id root. */
      readonly privileged: boolean;
      /**
       * The first component of its path that somebody else than root may change, with the reason: `/srv (owned by
       * uid 33)`. Both the path as written and the resolved one count; a directory that others may write to is fine
       * when it is sticky.
       */
      readonly insecure: string | undefined;
    }
  /** Or the user cannot reach it. `reason` in the words of strerror: "No such file or directory". */
  | { readonly kind: "missing"; readonly reason: string };

/** How a run ended. Whatever is not exit status 0 is a failure, but a shortage says nothing about what a script checks. */
export type ScriptOutcome =
  | { readonly kind: "exited"; readonly status: number }
  | { readonly kind: "signalled"; readonly signal: number }
  | { readonly kind: "timedOut" }
  | { readonly kind: "notStarted"; readonly reason: string }
  /** This machine had no process, memory or descriptor for it at that moment. */
  | { readonly kind: "shortage"; readonly reason: string };

/** Whether a run did what it was to do. */
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
