// The project's own files as text, with what the house rules ask of a source file: its imports and its bare code.

import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** One file of the project. */
export interface ProjectFile {
  /** From the project's root: `src/vrrp/node.ts`. */
  readonly path: string;
  readonly text: string;
}

/** One import or re-export. */
export interface Import {
  /** As it is written: `../lib/ip.ts`, `node:fs`. */
  readonly specifier: string;
  /** The file from the project's root, for a relative one. */
  readonly path: string | undefined;
  /** `import type`: gone once it is compiled. */
  readonly isTypeOnly: boolean;
}

const FOLDERS = ["src", "test", "lab", "bench", "scripts", "bin", "docs", ".ci"] as const;

/** Names of the project's own files: a copy without git may hold logs, dumps and the like beside them. */
const OWN_NAME = /\.(?:conf|js|json|md|ts|tsv|txt)$|(?:^|\/)[^./]+$|^\.gitignore$/;

/** Every file of the project: those that git tracks, or those that look like its own in a copy without git. */
export function readProject(root: string): ProjectFile[] {
  const paths = trackedFiles(root) ?? ownFiles(root);
  return paths.sort().map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Undefined where `root` is no checkout, or git cannot list it. */
function trackedFiles(root: string): string[] | undefined {
  // A copy inside another repository has no .git of its own.
  if (!existsSync(join(root, ".git"))) return undefined;
  // Without variables such as GIT_DIR, which a hook sets; and whoever owns the checkout.
  const { status, stdout } = spawnSync(
    "git",
    ["-c", `safe.directory=${root}`, "ls-files", "--cached", "-z"],
    { cwd: root, env: { PATH: process.env["PATH"] }, encoding: "utf8" },
  );
  if (status !== 0) return undefined;
  // A file that was deleted stays in the index until that is staged, and an unmerged one is listed three times.
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

/** Whether a file is a test, or only there for tests. */
export function isTest(path: string): boolean {
  return path.startsWith("test/") || path.endsWith(".test.ts");
}

/** The room of a source file: `vrrp` of `src/vrrp/node.ts`, undefined for those that stand in none. */
export function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

const IMPORT =
  /^(?:import|export)\b(?<type> type\b)?(?:[^;"'`]*?\bfrom)?\s*"(?<from>[^"\n]+)";|\bimport\("(?<call>[^"\n]+)"\)/gm;

/** What a source file imports, in its order. */
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

/** The code of a source file without its comments and strings; what stands in templates stays. */
export function codeOf(text: string): string {
  return text.replace(NO_CODE, (match) => (match.startsWith("/") ? " " : '""'));
}
