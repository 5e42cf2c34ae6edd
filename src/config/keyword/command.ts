// Commands: `KEYWORD "PROGRAM ARGUMENTS" [USER [GROUP]]`, cut twice so that quotes nest, and who they run as.

import type { Place } from "../diagnostic/diagnostic.ts";
import type { Word } from "../language/lexer.ts";
import { keywordOf, placeOf, type Statement } from "../language/parser.ts";
import { requote } from "../language/requote.ts";
import { custom, type Facts, reportMissing, warnExtra } from "./keyword.ts";
import type { BuiltRow, Context } from "./row.ts";

/** The ids that a command runs with. */
export interface Credentials {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/** A command before its program is looked at. */
export interface CommandDraft {
  readonly text: string;
  readonly argv: readonly string[];
  /** Undefined: the default user of scripts. */
  readonly user: Credentials | undefined;
  readonly place: Place;
}

/** A command as the file has it. `user` is undefined when none is named. */
export interface ReadCommand {
  readonly command: CommandDraft;
  /** The words behind the command: user and group. */
  readonly rest: readonly string[];
}

/** A keyword with a command and the user who runs it; code makes the configuration's field from it. */
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

/** The command and the user named behind it; undefined if there is none to run (already reported). */
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

/** The command of a statement whose words are cut again; undefined if there is none (already reported). */
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
        ? `a quote (${outer.quote}) is not closed`
        : "a backslash at the end";
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
    context.report("notify-unparsable", place, `'${written}' is not a command`, {
      log: `Unable to parse script '${written}' - ignoring`,
    });
    return undefined;
  }
  const older = wordsOf22(statement);
  if (older !== undefined && older.join("\0") !== inner.words.join("\0")) {
    const shown = older.map((word) => `'${word}'`).join(" ");
    const message = `keepalived 2.2 reads these escapes otherwise, and runs ${shown}; single quotes mean the same to every version`;
    context.report("escapes-differ", place, message);
  }
  return { command: { text: written, argv: inner.words, user: undefined, place }, rest };
}

/** The words that keepalived 2.2 runs: it reads escapes in the first cutting too, so that `\"` holds words together. */
function wordsOf22(statement: Statement): readonly string[] | undefined {
  const text = statement.source.text.slice(statement.from, statement.to);
  if (!text.includes("\\")) return undefined;
  const outer = requote(text, true);
  if (outer.kind !== "words") return undefined;
  const inner = requote(outer.words[1] ?? "", true);
  return inner.kind === "words" ? inner.words : undefined;
}

/** The ids of `user`, with the group of `group` when given; a reason in words when there is no such user or group. */
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
