// Commands: `KEYWORD "PROGRAM ARGUMENTS" [USER [GROUP]]`. They are split twice, so that quotes can nest.

import type { Place } from "../diagnostic/diagnostic.ts";
import type { Word } from "../language/lexer.ts";
import { keywordOf, placeOf, type Statement } from "../language/parser.ts";
import { requote } from "../language/requote.ts";
import { custom, type Facts, reportMissing, warnExtra } from "./keyword.ts";
import type { BuiltRow, Context } from "./row.ts";

/** The user and groups that a command runs as. */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** A command before its program is checked. */
export interface CommandDraft {
  readonly text: string;
  readonly argv: readonly string[];
  /** Undefined: the default user of scripts. */
  readonly user: Credentials | undefined;
  readonly place: Place;
}

/** A command as written. */
export interface ReadCommand {
  readonly command: CommandDraft;
  /** The words after the command: user and group. */
  readonly rest: readonly string[];
}

/** A keyword with a command and its user. The command is resolved when the whole file is read. */
export function command<const F extends string>(
  keyword: string,
  facts: Pick<Facts<F, undefined, "computed">, "field" | "means" | "optional">,
): BuiltRow<F, CommandDraft | undefined, "computed"> {
  return custom(
    keyword,
    { syntax: "<COMMAND> [<USER> [<GROUP>]]" },
    { ...facts, default: undefined, stage: "computed", repeat: "ignored" },
    (statement, context) => readUserCommand(statement, context, facts.optional === true),
  );
}

/** The command and its user; undefined if it is ignored (already reported). */
export function readUserCommand(
  statement: Statement,
  context: Context,
  optional: boolean,
): CommandDraft | undefined {
  const read = readCommand(statement, context, optional);
  if (read === undefined || read.rest.length === 0) return read?.command;
  warnExtra(statement, 4, context);
  const [user = "", group] = read.rest;
  const found = credentials(user, group, context);
  if (typeof found !== "string") return { ...read.command, user: found };
  const program = read.command.argv[0] ?? "";
  context.report(
    "notify-unknown-user",
    statement.words[2] ?? placeOf(statement),
    `${found}; '${keywordOf(statement)}' is ignored`,
    { log: `Invalid user/group for notify script ${program} - ignoring` },
  );
  return undefined;
}

/** The command of a statement, split again; undefined if it is ignored (already reported). */
export function readCommand(
  statement: Statement,
  context: Context,
  optional: boolean,
): ReadCommand | undefined {
  const place = statement.words[1] ?? placeOf(statement);
  const outer = requote(statement.source.text.slice(statement.from, statement.to), false);
  if (outer.kind !== "words") {
    const log =
      outer.kind === "unclosed"
        ? `String '${statement.source.text}': missing terminating ${outer.quote}`
        : `Missing escape char at end: '${statement.source.text}'`;
    const message =
      outer.kind === "unclosed"
        ? `the command has an unclosed quote (${outer.quote}) and is ignored`
        : "the command ends with a backslash and is ignored";
    context.report(
      outer.kind === "unclosed" ? "unmatched-quote" : "notify-unparsable",
      place,
      message,
      { log },
    );
    return undefined;
  }
  const [, written, ...rest] = outer.words;
  if (written === undefined) {
    reportMissing(statement, context, optional);
    return undefined;
  }
  const inner = requote(written, true);
  if (inner.kind !== "words" || inner.words.length === 0 || inner.words[0] === "") {
    context.report(
      "notify-unparsable",
      place,
      `'${written}' is not a command: it is empty, or a quote or escape in it is incomplete`,
      {
        log: `Unable to parse script '${written}' - ignoring`,
      },
    );
    return undefined;
  }
  const older = wordsOf22(statement);
  if (older !== undefined && older.join("\0") !== inner.words.join("\0")) {
    const shown = older.map((word) => `'${word}'`).join(" ");
    const message = `keepalived 2.2 would run ${shown} because of these escapes; single quotes mean the same in every version`;
    context.report("escapes-differ", place, message);
  }
  return { command: { text: written, argv: inner.words, user: undefined, place }, rest };
}

/** The words that keepalived 2.2 runs: it also processes escapes in the first split, so `\"` joins words. */
function wordsOf22(statement: Statement): readonly string[] | undefined {
  const text = statement.source.text.slice(statement.from, statement.to);
  if (!text.includes("\\")) return undefined;
  const outer = requote(text, true);
  if (outer.kind !== "words") return undefined;
  const inner = requote(outer.words[1] ?? "", true);
  return inner.kind === "words" ? inner.words : undefined;
}

/** The ids of `user`, with `group` as its group if given; a message if either does not exist. */
export function credentials(
  user: string,
  group: string | undefined,
  context: Context,
): Credentials | string {
  const found = context.system.user(user);
  if (found === undefined) return `there is no user '${user}'`;
  if (group === undefined) return { uid: found.uid, gid: found.gid, groups: found.groups };
  const gid = context.system.group(group);
  if (gid === undefined) return `there is no group '${group}'`;
  return { uid: found.uid, gid, groups: found.groups };
}

/** `credentials` of the words `USER [GROUP]`; undefined if there are none (reported with `log`). */
export function readCredentials(
  words: readonly Word[],
  context: Context,
  log: string,
): Credentials | undefined {
  const [user, group] = words;
  if (user === undefined) return undefined;
  const found = credentials(user.text, group?.text, context);
  if (typeof found !== "string") return found;
  context.report("unknown-user", user, found, { log });
  return undefined;
}
