// Splits a command line into options like getopt_long.

import { OPTION_TABLE, type OptionSpec } from "./options-table.ts";

/** An option on the command line. */
export interface GivenOption {
  readonly spec: OptionSpec;
  readonly argument: string | undefined;
}

/** A split command line. */
export interface Scan {
  readonly given: GivenOption[];
  readonly strayWords: string[];
  readonly errors: string[];
}

/** Splits words into options like getopt_long, with bundles, attached values, abbreviations, and `--`. */
export function scan(words: readonly string[]): Scan {
  const result: Scan = { given: [], strayWords: [], errors: [] };
  let index = 0;
  while (index < words.length) {
    const word = words[index++] as string;
    if (word === "--") {
      result.strayWords.push(...words.slice(index));
      break;
    }
    if (word.startsWith("--")) index = scanLong(word.slice(2), words, index, result);
    else if (word.startsWith("-") && word.length > 1) index = scanShort(word, words, index, result);
    else result.strayWords.push(word);
  }
  return result;
}

function scanLong(text: string, words: readonly string[], next: number, result: Scan): number {
  const equals = text.indexOf("=");
  const name = equals < 0 ? text : text.slice(0, equals);
  const attached = equals < 0 ? undefined : text.slice(equals + 1);
  const spec = findLong(name);
  if (spec === undefined || (spec.argument === "none" && attached !== undefined)) {
    result.errors.push(`Unknown option --${text}`);
    return next;
  }
  if (spec.argument === "required" && attached === undefined && next < words.length) {
    result.given.push({ spec, argument: words[next] });
    return next + 1;
  }
  if (spec.argument === "required" && (attached ?? "") === "") {
    result.errors.push(`Missing parameter for option --${spec.long}`);
    return next;
  }
  result.given.push({ spec, argument: attached });
  return next;
}

/** The option with that name, or the only one with that prefix. */
function findLong(name: string): OptionSpec | undefined {
  const exact = OPTION_TABLE.find((option) => option.long === name);
  if (exact !== undefined || name === "") return exact;
  const candidates = OPTION_TABLE.filter((option) => option.long.startsWith(name));
  return candidates.length === 1 ? candidates[0] : undefined;
}

function scanShort(word: string, words: readonly string[], next: number, result: Scan): number {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] as string;
    const spec = OPTION_TABLE.find((option) => option.short === letter);
    if (spec === undefined) {
      result.errors.push(`Unknown option -${letter}`);
      continue;
    }
    if (spec.argument === "none") {
      result.given.push({ spec, argument: undefined });
      continue;
    }
    const attached = word.slice(at + 1);
    if (attached !== "" || spec.argument === "optional") {
      result.given.push({ spec, argument: attached === "" ? undefined : attached });
      return next;
    }
    if (next >= words.length) {
      result.errors.push(`Missing parameter for option -${letter}`);
      return next;
    }
    result.given.push({ spec, argument: words[next] });
    return next + 1;
  }
  return next;
}
