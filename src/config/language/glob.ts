// Finds the files of an `include` pattern: *, ?, [sets] and {alternatives}, as glob(3) with braces.

/** The names in a directory in any order, without . and ..; undefined if it cannot be listed. */
export type ListDirectory = (path: string) => readonly string[] | undefined;

export interface Matches {
  /** The existing paths, directories included; those of each alternative are sorted by code unit. */
  readonly paths: readonly string[];
  /** The alternatives without wildcards that do not exist. */
  readonly missing: readonly string[];
}

const MAX_ALTERNATIVES = 256;
const MAX_PATHS = 4096;

/** Expands `pattern`; a relative one is relative to `directory`. */
export function findMatches(pattern: string, directory: string, list: ListDirectory): Matches {
  const paths: string[] = [];
  const missing: string[] = [];
  for (const alternative of expandBraces(pattern)) {
    const found = matchPath(alternative, directory, list).toSorted(byCodeUnit);
    paths.push(...found.slice(0, MAX_PATHS - paths.length));
    if (found.length === 0 && !hasWildcard(alternative)) missing.push(alternative);
  }
  return { paths, missing };
}

/** True if `pattern` has a wildcard, so that it may match nothing. */
export function hasWildcard(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/** Expands `{a,b}` in `pattern`, in order. Unmatched braces are text. */
export function expandBraces(pattern: string): string[] {
  const done: string[] = [];
  const waiting = [pattern];
  while (waiting.length > 0 && done.length < MAX_ALTERNATIVES) {
    const next = waiting.shift() ?? "";
    const parts = splitBraces(next);
    if (parts === undefined) done.push(next);
    else waiting.unshift(...parts.choices.map((choice) => parts.before + choice + parts.after));
  }
  return done;
}

/** True if `name` matches `pattern`, one component of a path. Only a dot matches a leading dot. */
export function matchName(pattern: string, name: string): boolean {
  if (name.startsWith(".") && !pattern.startsWith(".")) return false;
  let at = 0;
  let position = 0;
  let star = -1;
  let resume = 0;
  while (position < name.length) {
    const step = pattern.charAt(at) === "*" ? 0 : matchOne(pattern, at, name.charAt(position));
    if (pattern.charAt(at) === "*") {
      star = at++;
      resume = position;
    } else if (step > 0) {
      at += step;
      position++;
    } else if (star >= 0) {
      at = star + 1;
      position = ++resume;
    } else {
      return false;
    }
  }
  while (pattern.charAt(at) === "*") at++;
  return at >= pattern.length;
}

/** The number of characters of `pattern` at `at` that match the character `name`; 0 if it does not match. */
function matchOne(pattern: string, at: number, name: string): number {
  const character = pattern.charAt(at);
  if (character === "?") return 1;
  if (character === "\\" && at + 1 < pattern.length) return pattern.charAt(at + 1) === name ? 2 : 0;
  const end = character === "[" ? setEnd(pattern, at) : -1;
  if (end < 0) return character === name && character !== "" ? 1 : 0;
  const negated = /[!^]/.test(pattern.charAt(at + 1));
  const first = at + (negated ? 2 : 1);
  let isIn = false;
  for (let index = first; index < end; index++) {
    const low = pattern.charAt(index);
    const isRange = pattern.charAt(index + 1) === "-" && index + 2 < end;
    const high = isRange ? pattern.charAt(index + 2) : low;
    if (name >= low && name <= high) isIn = true;
    if (isRange) index += 2;
  }
  return isIn === negated ? 0 : end - at + 1;
}

/** The position of the `]` that ends the set at `at`, or -1; the first character of a set may be one. */
function setEnd(pattern: string, at: number): number {
  const first = /[!^]/.test(pattern.charAt(at + 1)) ? at + 2 : at + 1;
  return pattern.indexOf("]", first + 1);
}

function matchPath(pattern: string, directory: string, list: ListDirectory): string[] {
  const isAbsolute = pattern.startsWith("/");
  let bases = [isAbsolute ? "/" : directory];
  const components = pattern.split("/").filter((component) => component !== "");
  if (components.length === 0) return [];
  for (const component of components) {
    const found = bases.flatMap((base) => matchComponent(component, base, list));
    bases = found.slice(0, MAX_PATHS);
  }
  return bases;
}

function matchComponent(component: string, base: string, list: ListDirectory): string[] {
  const join = (name: string): string => (base.endsWith("/") ? base + name : `${base}/${name}`);
  if (component === "." || component === "..") return [join(component)];
  const names = list(base) ?? [];
  if (!hasWildcard(component)) {
    const plain = component.replace(/\\(.)/g, "$1");
    return names.includes(plain) ? [join(plain)] : [];
  }
  return names.filter((name) => matchName(component, name)).map(join);
}

/** Splits at the first pair of braces: the text before and after it, and its alternatives. */
function splitBraces(
  pattern: string,
): { before: string; choices: string[]; after: string } | undefined {
  const open = pattern.indexOf("{");
  if (open < 0) return undefined;
  const choices: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let index = open; index < pattern.length; index++) {
    const character = pattern.charAt(index);
    if (character === "{") depth++;
    if (character === "}") depth--;
    if (depth === 0 || (depth === 1 && character === ",")) {
      choices.push(pattern.slice(from, index));
      from = index + 1;
    }
    if (depth === 0) {
      return { before: pattern.slice(0, open), choices, after: pattern.slice(index + 1) };
    }
  }
  return undefined;
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
