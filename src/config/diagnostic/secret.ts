// Passwords that stand in a configuration: what is shown of a line that has one, well written or not.

import { editDistance } from "../keyword/similar.ts";

const KEYWORDS: readonly string[] = ["auth_pass", "password"];
/** How many slips of the pen a keyword may have. */
const MOST_SLIPS = 2;
/** Shorter words are not looked for in messages: they are parts of others. */
const SHORTEST_HIDDEN = 3;
const STAR = "*";

/** A line as it may be shown, of the same length, and what makes messages about it fit to be shown. */
export interface Hidden {
  readonly excerpt: string;
  readonly hide: (text: string) => string;
}

/**
 * Stars in place of everything behind a word of `line` that is, or resembles, the keyword of a password. Only blanks
 * stay, so that a caret below still stands where it should.
 */
export function hideSecret(line: string): Hidden {
  const from = secretStart(line);
  if (from === undefined) return { excerpt: line, hide: (text) => text };
  const secret = line.slice(from);
  const hidden = starred(secret);
  // What a message quotes is the rest of the line, or words of it.
  const words = secret.split(/[\s"{}]+/).filter((word) => word.length >= SHORTEST_HIDDEN);
  const parts = [secret.trim(), ...words].filter((part) => part !== "");
  const hide = (text: string): string =>
    parts.reduce((shown, part) => shown.replaceAll(part, STAR.repeat(3)), text);
  return { excerpt: line.slice(0, from) + hidden, hide };
}

/** Where the value begins of which nothing may be seen. */
function secretStart(line: string): number | undefined {
  // A long line is not read at all, and a keyword stands near its beginning.
  for (const { 0: word, index } of line.slice(0, 1024).matchAll(/[^\s"{}=:]+/g)) {
    const length = keywordLength(word);
    if (length > 0 && /\S/.test(line.slice(index + length))) return index + length;
  }
  return undefined;
}

/** How much of `word` is a keyword whose value is secret: none, all, or what the value was glued to. */
function keywordLength(word: string): number {
  // The type of authentication is no keyword.
  if (word === "PASS") return 0;
  const glued = KEYWORDS.find((keyword) => word.startsWith(keyword));
  if (glued !== undefined) return glued.length;
  const text = word.toLowerCase();
  const isSecret =
    /(?:^|[_-])(?:pass(?:word|wd|phrase)?|secret)$/.test(text) ||
    KEYWORDS.some(
      (keyword) =>
        Math.abs(text.length - keyword.length) <= MOST_SLIPS &&
        editDistance(text, keyword) <= MOST_SLIPS,
    );
  return isSecret ? word.length : 0;
}

function starred(text: string): string {
  return text.replace(/\S/g, STAR);
}
