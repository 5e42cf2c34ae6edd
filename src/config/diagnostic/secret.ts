// Hides passwords in the excerpts and messages about a configuration.

import { editDistance } from "../keyword/similar.ts";

const KEYWORDS: readonly string[] = ["auth_pass", "password"];
/** The maximum edit distance of a misspelt keyword. */
const MOST_SLIPS = 2;
/** Shorter words are not replaced in messages, since they are parts of other words. */
const SHORTEST_HIDDEN = 3;
const STAR = "*";

/** A line without secrets, of the same length, and a function that removes them from messages about it. */
export interface Hidden {
  readonly excerpt: string;
  readonly hide: (text: string) => string;
}

/**
 * Replaces everything after a word of `line` that is, or resembles, the keyword of a password by stars. Blanks stay, so
 * that a caret below the line is still right.
 */
export function hideSecret(line: string): Hidden {
  const from = secretStart(line);
  if (from === undefined) return { excerpt: line, hide: (text) => text };
  const secret = line.slice(from);
  const hidden = starred(secret);
  // Messages quote the rest of the line, or words of it.
  const words = secret.split(/[\s"{}]+/).filter((word) => word.length >= SHORTEST_HIDDEN);
  const parts = [secret.trim(), ...words].filter((part) => part !== "");
  const hide = (text: string): string =>
    parts.reduce((shown, part) => shown.replaceAll(part, STAR.repeat(3)), text);
  return { excerpt: line.slice(0, from) + hidden, hide };
}

/** The start of the secret value. */
function secretStart(line: string): number | undefined {
  // A very long line is ignored by the parser, and a keyword is near the beginning.
  for (const { 0: word, index } of line.slice(0, 1024).matchAll(/[^\s"{}=:]+/g)) {
    const length = keywordLength(word);
    if (length > 0 && /\S/.test(line.slice(index + length))) return index + length;
  }
  return undefined;
}

/** The length of the secret's keyword in `word`: zero, all of it, or the part before an attached value. */
function keywordLength(word: string): number {
  // The type of authentication is not a keyword.
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
