// Rules of single files: how they open, how long they are, what they are called, what they must not hold.

import { codeOf, isTest, type ProjectFile } from "./project-files.ts";

const LONGEST_LINES = 450;

const GENERATED = /^src\/netlink\/uapi\/|^package-lock\.json$/;

function isCode(path: string): boolean {
  return /\.(?:ts|js)$/.test(path) || path.startsWith("bin/");
}

function isSource({ path }: ProjectFile): boolean {
  return path.startsWith("src/") && path.endsWith(".ts") && !isTest(path);
}

/** Behind a line for the kernel, and one for the shell that is a comment to JavaScript. */
const OPENING = /^(?:#!.*\n)?(?:":" \/\/.*\n)?(?:\/\/ @ts-check\n)?\/\/ (?!@)\S/;

/** Files of code that do not say first what they are for. A test beside its source needs no more words. */
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

/** Files of code that have grown too long to be one idea. */
export function findOverlong(files: readonly ProjectFile[]): string[] {
  return files
    .filter(({ path }) => isCode(path) && !GENERATED.test(path))
    .filter(({ text }) => text.split("\n").length - 1 > LONGEST_LINES)
    .map(({ path }) => `${path}: too long`);
}

/**
 * Tests between processes that fail where the machine is slow: with a test of Node's own, which is not tried again after
 * a hold-up, or with a limit of seconds for a wait, which has a long one by itself.
 */
export function findImpatient(files: readonly ProjectFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith("test/lab/"))
    .flatMap(({ path, text }) => {
      const [, names = ""] = /^import \{([^}]*)\} from "node:test";$/m.exec(text) ?? [];
      const limits = text.match(/\b(?:waitFor\w+|until)\([^;]*?\b\d+_000\b/g) ?? [];
      return [
        ...(/\b(?:it|test)\b/.test(names) ? [`${path}: take test/support/timed-test.ts`] : []),
        ...limits.map((limit) => `${path}: a limit of seconds in ${limit.split("(")[0]}`),
      ];
    });
}

const PROPER_NAMES: readonly string[] = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "LICENSE"];

/** Paths that are not in kebab-case throughout. */
export function findMisnamed(files: readonly ProjectFile[]): string[] {
  return files
    .map(({ path }) => path)
    .filter((path) => !PROPER_NAMES.includes(path))
    .filter(
      (path) => !path.split("/").every((part) => /^\.?[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(part)),
    );
}

/** Module-level variables of src: there is no state outside objects. */
export function findModuleState(files: readonly ProjectFile[]): string[] {
  return files
    .filter(isSource)
    .flatMap(({ path, text }) =>
      [...codeOf(text).matchAll(/^(?:export )?(?:let|var) (\w+)/gm)].map(
        ([, name]) => `${path}: ${name}`,
      ),
    );
}

// Put together, so that this line is none of them.
const POSTPONED = new RegExp(`\\b(?:TO${"DO"}|FIX${"ME"})\\b`);

/** Lines that put work off. */
export function findPostponed(files: readonly ProjectFile[]): string[] {
  return findLines(files, (line) => POSTPONED.test(line));
}

/**
 * Lines that name a place on a developer's machine: somebody's home, or one of `places`, the paths of this very copy
 * and home. A place of one component only (`/app`) says too little.
 */
export function findMachinePaths(
  files: readonly ProjectFile[],
  places: readonly string[],
): string[] {
  const telling = places.filter((place) => place.split("/").length > 2);
  return findLines(
    files,
    (line) => /\/(?:home|Users)\/\w/.test(line) || telling.some((place) => line.includes(place)),
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
