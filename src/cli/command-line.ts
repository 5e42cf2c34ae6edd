// Parses the daemon's command line to options, or to an answer that is printed.

import { scan } from "./getopt.ts";
import { applyOption, defaults, freeze } from "./option-effects.ts";
import type { Options } from "./options.ts";
import { OPTION_TABLE } from "./options-table.ts";
import { versionText } from "./version.ts";

/** The environment of the parser. */
export interface CommandLineContext {
  /** The name under which the program was started, for the usage text. */
  readonly programName: string;
  /** From package.json. */
  readonly holdfastVersion: string;
  /** The C library's range of real-time signals; default glibc's. */
  readonly realtimeSignals?: { readonly min: number; readonly max: number };
}

/** Run with these options, or print an answer and exit with `exitCode`. */
export type CommandLine =
  | { readonly kind: "run"; readonly options: Options }
  | {
      readonly kind: "answer";
      readonly stdout: string;
      readonly stderr: string;
      readonly exitCode: number;
    };

/**
 * Parses `words`, the command line without the program. Unknown options, missing arguments and invalid values give an
 * answer with the errors, the usage text and exit code 1.
 */
export function parseCommandLine(
  words: readonly string[],
  context: CommandLineContext,
): CommandLine {
  const scanned = scan(words);
  const errors = [...scanned.errors];
  const draft = defaults(words, scanned.strayWords);
  let signum: string | undefined;
  for (const given of scanned.given) {
    if (given.spec.name === "version") {
      return answer("", `Keepalived ${versionText(context.holdfastVersion)}\n`, 0);
    }
    if (given.spec.name === "help") return answer("", usageText(context.programName), 0);
    if (given.spec.name === "signum") signum = given.argument ?? "";
    const error = applyOption(draft, given);
    if (error !== undefined) errors.push(error);
    if (given.spec.notImplemented === true) draft.notImplemented.add(`--${given.spec.long}`);
  }
  if (errors.length > 0) {
    return answer("", `${errors.join("\n")}\n${usageText(context.programName)}`, 1);
  }
  if (signum !== undefined) return signumAnswer(signum, context.realtimeSignals);
  return { kind: "run", options: freeze(draft) };
}

/** The usage text, generated from the table: keepalived's options first, then ours. */
export function usageText(programName: string): string {
  const lines = [`Usage: ${programName} [OPTION...]`];
  const order = [
    ...OPTION_TABLE.filter((option) => option.isOurs !== true),
    ...OPTION_TABLE.filter((option) => option.isOurs === true),
  ];
  for (const option of order) {
    const short = option.short === undefined ? "    " : `-${option.short}, `;
    const value =
      option.argument === "none"
        ? ""
        : option.argument === "required"
          ? `=${option.placeholder}`
          : `[=${option.placeholder}]`;
    const head = `  ${short}--${option.long}${value}`;
    const description = option.notImplemented
      ? `${option.description} (not implemented yet)`
      : option.description;
    const [first = "", ...more] = description.split("\n");
    if (head.length < 31) lines.push(`${head.padEnd(31)}${first}`);
    else lines.push(head, `${"".padEnd(31)}${first}`);
    for (const text of more) lines.push(`${"".padEnd(31)}${text}`);
  }
  return `${lines.join("\n")}\n`;
}

/** The range of glibc, which reserves two real-time signals. */
const GLIBC_REALTIME = { min: 34, max: 64 };

function signumAnswer(
  name: string,
  realtime: { readonly min: number; readonly max: number } = GLIBC_REALTIME,
): CommandLine {
  const numbers = new Map([
    ["STOP", 15],
    ["RELOAD", 1],
    ["DATA", 10],
    ["STATS", 12],
    ["STATS_CLEAR", realtime.max - 1],
    ["JSON", realtime.min + 2],
  ]);
  const number = numbers.get(name);
  return number === undefined
    ? answer("", `Unknown sigfunc ${name}\n`, 1)
    : answer(`${number}\n`, "", 0);
}

function answer(stdout: string, stderr: string, exitCode: number): CommandLine {
  return { kind: "answer", stdout, stderr, exitCode };
}
