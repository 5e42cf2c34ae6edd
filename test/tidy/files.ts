// House rules for single files: opening comment, length, name and forbidden content.

import { codeOf, isTest, type ProjectFile } from "./project-files.ts";

const LONGEST_LINES = 450;

const GENERATED = /^src\/netlink\/uapi\/|^package-lock\.json$/;

function isCode(path: string): boolean {
  return /\.(?:ts|js)$/.test(path) || path === "bin/holdfast";
}

function isSource({ path }: ProjectFile): boolean {
  return path.startsWith("src/") && path.endsWith(".ts") && !isTest(path);
}

/** The opening comment, after a possible `#!` line and a shell line that is a comment in JavaScript. */
const OPENING = /^(?:#!.*\n)?(?:":" \/\/.*\n)?(?:\/\/ @ts-check\n)?\/\/ (?!@)\S/;

/** Code files that do not open with a comment. Tests beside their source need none. */
export function findUnintroduced(files: readonly ProjectFile[]): string[] {
  return files
    .filter(({ path }) => isCode(path) && (path.startsWith("test/") || !isTest(path)))
    .filter(({ text }) => !OPENING.test(text))
    .map(({ path }) => `${path} does not open with a comment`);
}

const EXPORTED_FUNCTION =
  /^export (?:async )?function\*? (?<name>\w+)|^export const (?<constant>\w+)(?::[^=]+)? = (?:async )?\([^)]*\)[^=\n]*=>/gm;

/** Exported functions of src without a comment of their own. */
export function findUndocumented(files: readonly ProjectFile[]): string[] {
  return files.filter(isSource).flatMap(({ path, text }) =>
    [...text.matchAll(EXPORTED_FUNCTION)].flatMap(({ index, groups }) => {
      const name = groups?.["name"] ?? groups?.["constant"] ?? "";
      const before = text.slice(0, index).trimEnd();
      const last = before.slice(before.lastIndexOf("\n") + 1);
      const isOverload = last.startsWith(`export function ${name}`);
      return last.endsWith("*/") || isOverload ? [] : [`${path}: ${name} has no comment`];
    }),
  );
}

/** Exported functions that do not state their return type. */
export function findUntypedReturns(files: readonly ProjectFile[]): string[] {
  return files
    .filter(({ path }) => path.endsWith(".ts"))
    .flatMap(({ path, text }) => {
      const code = codeOf(text);
      return [...code.matchAll(EXPORTED_CALLABLE)]
        .filter(({ index, 0: start }) => !statesReturnType(code, index + start.length))
        .map(({ groups }) => `${path}: ${groups?.["name"] ?? groups?.["constant"]}`);
    });
}

/** Up to the opening bracket of the parameters; type parameters may hold one level of others. */
const EXPORTED_CALLABLE =
  /^export (?:default )?(?:async )?function\*? (?<name>\w+)(?:<(?:[^<>]|<[^<>]*>|=>)*>)?\(|^export const (?<constant>\w+) = (?:async )?(?:<(?:[^<>]|<[^<>]*>)*>)?\((?=[^;]*=>)/gm;

/** True if a colon follows the parameters, whose opening bracket is before `start`. */
function statesReturnType(code: string, start: number): boolean {
  let depth = 1;
  let at = start;
  for (; at < code.length && depth > 0; at++) {
    if (code[at] === "(") depth++;
    else if (code[at] === ")") depth--;
  }
  return /^\s*:/.test(code.slice(at, at + 20));
}

/** Code files that are too long. */
export function findOverlong(files: readonly ProjectFile[]): string[] {
  return files
    .filter(({ path }) => isCode(path) && !GENERATED.test(path))
    .filter(({ text }) => text.split("\n").length - 1 > LONGEST_LINES)
    .map(({ path }) => `${path}: too long`);
}

/**
 * Lab tests that would fail on a slow machine: they use Node's own test function, which does not retry after a stall, or
 * a timeout of seconds for a wait, whose default is long.
 */
export function findImpatient(files: readonly ProjectFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith("test/lab/"))
    .flatMap(({ path, text }) => {
      const [, names = ""] = /^import \{([^}]*)\} from "node:test";$/m.exec(text) ?? [];
      const limits = text.match(/\b(?:waitFor\w+|until)\([^;]*?\b\d+_000\b/g) ?? [];
      return [
        ...(/\b(?:it|test)\b/.test(names) ? [`${path}: use test/support/timed-test.ts`] : []),
        ...limits.map((limit) => `${path}: short timeout in ${limit.split("(")[0]}`),
      ];
    });
}

const PROPER_NAMES: readonly string[] = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE"];

/** Paths that are not in kebab-case. */
export function findMisnamed(files: readonly ProjectFile[]): string[] {
  return files
    .map(({ path }) => path)
    .filter((path) => !PROPER_NAMES.includes(path))
    .filter(
      (path) => !path.split("/").every((part) => /^\.?[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(part)),
    );
}

/** Module-level variables of src: state belongs in objects. */
export function findModuleState(files: readonly ProjectFile[]): string[] {
  return files
    .filter(isSource)
    .flatMap(({ path, text }) =>
      [...codeOf(text).matchAll(/^(?:export )?(?:let|var) (\w+)/gm)].map(
        ([, name]) => `${path}: ${name}`,
      ),
    );
}

// Concatenated, so that this line does not match.
const POSTPONED = new RegExp(`\\b(?:TO${"DO"}|FIX${"ME"})\\b`);

/** Lines that postpone work. */
export function findPostponed(files: readonly ProjectFile[]): string[] {
  return findLines(files, (line) => POSTPONED.test(line));
}

/**
 * Lines with a path on a developer's machine: any home folder, or one of `places`, the paths of this copy and of the
 * user's home. Places with only one component (`/app`) are too common and are ignored.
 */
export function findMachinePaths(
  files: readonly ProjectFile[],
  places: readonly string[],
): string[] {
  const specific = places.filter((place) => place.split("/").length > 2);
  return findLines(
    files,
    (line) => /\/(?:home|Users)\/\w/.test(line) || specific.some((place) => line.includes(place)),
  );
}

function findLines(files: readonly ProjectFile[], isFound: (line: string) => boolean): string[] {
  return files
    .filter(({ path }) => path !== "package-lock.json")
    .flatMap(({ path, text }) =>
      text
        .split("\n")
        .flatMap((line, index) => (isFound(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
}
