// Reads the project's files for the house rules, and extracts the imports and the code of a source file.

import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** One file of the project. */
export interface ProjectFile {
  /** Relative to the project's root, e.g. `src/vrrp/node.ts`. */
  readonly path: string;
  readonly text: string;
}

/** One import or re-export. */
export interface Import {
  /** As written, e.g. `../lib/ip.ts`, `node:fs`. */
  readonly specifier: string;
  /** The imported file relative to the project's root; undefined for a module. */
  readonly path: string | undefined;
  /** True for `import type`, which is removed by compilation. */
  readonly isTypeOnly: boolean;
}

const FOLDERS = ["src", "test", "lab", "bench", "scripts", "bin", "docs", ".ci"] as const;

/** Names of the project's files. A copy without git may also contain logs, dumps and the like. */
const OWN_NAME = /\.(?:conf|js|json|md|ts|tsv|txt)$|(?:^|\/)[^./]+$|^\.gitignore$/;

/** Reads all files of the project: those tracked by git, or those with matching names in a copy without git. */
export function readProject(root: string): ProjectFile[] {
  const paths = trackedFiles(root) ?? ownFiles(root);
  return paths.sort().map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Undefined if `root` is not a checkout or git fails. */
function trackedFiles(root: string): string[] | undefined {
  // A copy inside another repository has no .git of its own.
  if (!existsSync(join(root, ".git"))) return undefined;
  // Ignore variables such as GIT_DIR, which hooks set, and the owner of the checkout.
  const { status, stdout } = spawnSync(
    "git",
    ["-c", `safe.directory=${root}`, "ls-files", "--cached", "-z"],
    { cwd: root, env: { PATH: process.env["PATH"] }, encoding: "utf8" },
  );
  if (status !== 0) return undefined;
  // The index also lists deleted files until their deletion is staged, and unmerged files three times.
  return [...new Set(stdout.split("\0"))].filter((path) => path !== "" && isFile(join(root, path)));
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function ownFiles(root: string): string[] {
  const top = readdirSync(root, { withFileTypes: true });
  const folders = top.filter((entry) => entry.isDirectory() && isOurs(entry.name));
  const paths = top.filter((entry) => entry.isFile()).map((entry) => entry.name);
  for (const { name } of folders) {
    const entries = readdirSync(join(root, name), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (entry.isFile()) paths.push(join(entry.parentPath, entry.name).slice(root.length + 1));
    }
  }
  return paths.filter((path) => OWN_NAME.test(path));
}

function isOurs(folder: string): boolean {
  return FOLDERS.some((name) => name === folder);
}

/** Whether a file is a test or a test helper. */
export function isTest(path: string): boolean {
  return path.startsWith("test/") || path.endsWith(".test.ts");
}

/** The room of a source file, e.g. `vrrp` for `src/vrrp/node.ts`; undefined outside rooms. */
export function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

const IMPORT =
  /^(?:import|export)\b(?<type> type\b)?(?:[^;"'`]*?\bfrom)?\s*"(?<from>[^"\n]+)";|\bimport\("(?<call>[^"\n]+)"\)/gm;

/** The imports of a source file, in order. */
export function importsOf({ path, text }: ProjectFile): Import[] {
  return [...text.matchAll(IMPORT)].map(({ groups }) => {
    const specifier = groups?.["from"] ?? groups?.["call"] ?? "";
    const isRelative = specifier.startsWith(".");
    return {
      specifier,
      path: isRelative ? normalize(join(dirname(path), specifier)) : undefined,
      isTypeOnly: groups?.["type"] !== undefined,
    };
  });
}

const NO_CODE = /\/\/.*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g;

/** The code of a source file without comments and strings. Templates are kept. */
export function codeOf(text: string): string {
  return text.replace(NO_CODE, (match) => (match.startsWith("/") ? " " : '""'));
}
