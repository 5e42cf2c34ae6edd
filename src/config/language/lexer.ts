// Splits text into lines, and lines into words and braces, as keepalived does: comments, quotes, escaped comment signs.
// Words keep their positions for diagnostics.

import type { Place } from "../diagnostic/diagnostic.ts";
import type { Report } from "../diagnostic/report.ts";

/** The maximum octets of all files together. */
export const MAX_FILE_OCTETS: number = 16 * 1024 * 1024;

/** The maximum lines of all files together, including comments and empty ones. */
export const MAX_LINES = 500_000;

/** The maximum octets of a line: keepalived's buffer of 1024 also holds the newline and a terminator. */
const MAX_LINE_OCTETS = 1022;

/** The replacement for octets that are not UTF-8. */
export const UNREADABLE: string = "\uFFFD";

const TAB = 9;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;

/** Shared by all lines without removed backslashes. */
const NOTHING_REMOVED: readonly number[] = Object.freeze([]);

/** A line without comment and surrounding blanks, with the original positions of its characters. */
export interface SourceLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** The position of `text` in the original line, from 0. */
  readonly start: number;
  /** The positions, from 0 and ascending, of the backslashes removed after `start`. */
  readonly removed: readonly number[];
}

export interface Word extends Place {
  readonly text: string;
  readonly quoted: boolean;
}

/** A part of a line: words, or one brace. */
export type Piece =
  | {
      readonly kind: "words";
      readonly words: readonly Word[];
      readonly source: SourceLine;
      /** The range of the words in `source.text`. */
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: "open" | "close"; readonly place: Place };

/** The number of lines of `text`, at most `most`. */
export function countLines(text: string, most: number): number {
  let count = 0;
  for (let from = 0; from < text.length && count < most; count++) {
    const newline = text.indexOf("\n", from);
    from = newline < 0 ? text.length : newline + 1;
  }
  return count;
}

/** The lines of `text`, without empty ones and comments. */
export function readLines(text: string, file: string, report: Report): SourceLine[] {
  const lines: SourceLine[] = [];
  let number = 0;
  let from = 0;
  while (from < text.length) {
    const newline = text.indexOf("\n", from);
    const end = newline < 0 ? text.length : newline;
    number++;
    const line = readLine(text.slice(from, end), file, number, report);
    if (line !== undefined) lines.push(line);
    from = end + 1;
  }
  return lines;
}

/** The place of `length` characters of `line.text` from `index` on. */
export function placeIn(line: SourceLine, index: number, length: number): Place {
  const column = columnOf(line, index);
  const end = columnOf(line, index + Math.max(length, 1) - 1);
  return { file: line.file, line: line.line, column, length: end - column + 1 };
}

/** `line` without its first `count` characters and the blanks after them. */
export function cutStart(line: SourceLine, count: number): SourceLine {
  const rest = line.text.slice(count);
  const blanks = rest.length - rest.trimStart().length;
  const start = columnOf(line, count + blanks) - 1;
  const removed = line.removed.filter((position) => position >= start);
  return { ...line, text: rest.slice(blanks), start, removed };
}

/** Splits a line into braces and words. Braces within double quotes are text. */
export function splitLine(line: SourceLine, report: Report): Piece[] {
  const pieces: Piece[] = [];
  const { text } = line;
  let from = 0;
  while (from < text.length) {
    const character = text.charAt(from);
    if (isBlankAt(text, from)) {
      from++;
    } else if (character === "{" || character === "}") {
      const kind = character === "{" ? "open" : "close";
      pieces.push({ kind, place: placeIn(line, from, 1) });
      from++;
    } else {
      const to = nextBrace(text, from);
      const words = splitWords(line, from, to, report);
      if (words.length > 0) pieces.push({ kind: "words", words, source: line, from, to });
      from = to;
    }
  }
  return pieces;
}

/** The size of `text` in UTF-8, in octets. */
export function utf8Length(text: string): number {
  let octets = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff)) octets += 2;
    else if (unit >= 0x80) octets += 1;
  }
  return octets;
}

/** A binary search, since a line may have hundreds of removed backslashes and of words. */
function columnOf({ start, removed }: SourceLine, index: number): number {
  const position = start + index;
  let before = 0;
  let end = removed.length;
  while (before < end) {
    const middle = (before + end) >> 1;
    // Each earlier removed backslash has shifted this one by one.
    if ((removed[middle] as number) - middle <= position) before = middle + 1;
    else end = middle;
  }
  return position + before + 1;
}

/** Removes the characters of `unwanted` from the end of `text` in linear time, unlike `/x+$/`. */
function trimEnd(text: string, unwanted: string): string {
  let end = text.length;
  while (end > 0 && unwanted.includes(text.charAt(end - 1))) end--;
  return end === text.length ? text : text.slice(0, end);
}

function readLine(
  source: string,
  file: string,
  line: number,
  report: Report,
): SourceLine | undefined {
  const whole = (): Place => {
    const length = source.endsWith("\r") ? source.length - 1 : source.length;
    return { file, line, column: 1, length: Math.max(length, 1) };
  };
  const nul = source.indexOf("\0");
  if (nul >= 0) {
    const place = { file, line, column: nul + 1, length: 1 };
    report("embedded-nul", place, "the line contains a NUL and is ignored", {
      log: "configuration appears to have embedded NULs - ignoring line",
    });
    return undefined;
  }
  if (source.length > MAX_LINE_OCTETS / 3 && utf8Length(source) > MAX_LINE_OCTETS) {
    report(
      "line-too-long",
      whole(),
      `the line is longer than ${MAX_LINE_OCTETS} octets and is ignored`,
      {
        log: "line too long - ignoring",
      },
    );
    return undefined;
  }
  return removeComment(trimEnd(source, "\r"), file, line, report);
}

/** A comment sign within double quotes or after a backslash is text; such a backslash is removed. */
function removeComment(
  source: string,
  file: string,
  line: number,
  report: Report,
): SourceLine | undefined {
  const start = /^[ \t]*/.exec(source)?.[0].length ?? 0;
  let removed: number[] | undefined;
  let text = "";
  let quote: number | undefined;
  let kept = start;
  let index = start;
  let joined = false;
  let end = source.length;
  for (; index < end; index++) {
    const character = source.charAt(index);
    if (character === '"') {
      quote = quote === undefined ? index : undefined;
    } else if (character === "\\") {
      const next = source.charAt(index + 1);
      if (next === "") {
        joined = true;
        end = index;
      } else {
        if (quote === undefined && (next === "#" || next === "!")) {
          text += source.slice(kept, index);
          removed ??= [];
          removed.push(index);
          kept = index + 1;
        }
        index++;
      }
    } else if (quote === undefined && (character === "!" || character === "#")) {
      end = index;
    }
  }
  text = trimEnd(text + source.slice(kept, end), " \t");
  if (joined) text += "\\";
  if (quote !== undefined) {
    const place: Place = { file, line, column: quote + 1, length: Math.max(end - quote, 1) };
    report("unmatched-quote", place, "this quote is not closed on its line", {
      log: `Unterminated quote '${text}'`,
    });
  }
  if (text === "") return undefined;
  return { file, line, text, start, removed: removed ?? NOTHING_REMOVED };
}

/** Made as one object literal: there may be hundreds of thousands of words. */
function wordAt(source: SourceLine, from: number, to: number, text: string, quoted: boolean): Word {
  const { file, line } = source;
  const column = columnOf(source, from);
  return { file, line, column, length: columnOf(source, to - 1) - column + 1, text, quoted };
}

function isBlankAt(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  // Includes the form feed, and the line feed, which no line contains.
  return unit === SPACE || (unit >= TAB && unit <= CARRIAGE_RETURN);
}

/** The first brace outside double quotes from `from` on, or the end of `text`. */
function nextBrace(text: string, from: number): number {
  for (let index = from; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === "{" || character === "}") return index;
    if (character === '"') {
      const close = text.indexOf('"', index + 1);
      if (close < 0) break;
      index = close;
    }
  }
  return text.length;
}

/** A quote begins or ends a word. An unclosed quote drops the rest (already reported). */
function splitWords(line: SourceLine, from: number, to: number, report: Report): Word[] {
  const words: Word[] = [];
  const { text } = line;
  let index = from;
  while (index < to) {
    if (isBlankAt(text, index)) {
      index++;
    } else if (text.charCodeAt(index) === QUOTE) {
      const close = text.indexOf('"', index + 1);
      if (close < 0 || close >= to) {
        if (text.slice(0, to).includes('\\"')) {
          report("unmatched-quote", placeIn(line, index, to - index), "this quote is not closed", {
            log: `Unmatched quote: '${text.slice(from, to)}'`,
          });
        }
        break;
      }
      words.push(wordAt(line, index, close + 1, text.slice(index + 1, close), true));
      index = close + 1;
    } else {
      let end = index + 1;
      while (end < to && text.charCodeAt(end) !== QUOTE && !isBlankAt(text, end)) end++;
      words.push(wordAt(line, index, end, text.slice(index, end), false));
      index = end;
    }
  }
  for (const word of words) {
    if (!word.text.includes(UNREADABLE)) continue;
    report("not-utf8-word", word, `'${word.text}' is not UTF-8; U+FFFD is used for invalid octets`);
  }
  return words;
}
