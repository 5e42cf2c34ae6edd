// The project's own files as text, with what the house rules ask of a source file: its imports and its bare code.

import { readdirSync, readFileSync } from "node:fs";
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

/** Every text file of the project: its folders and the files at its root, without what is made or installed. */
export function readProject(root: string): ProjectFile[] {
  const top = readdirSync(root, { withFileTypes: true });
  const folders = top.filter((entry) => entry.isDirectory() && isOurs(entry.name));
  const paths = top.filter((entry) => entry.isFile()).map((entry) => entry.name);
  for (const { name } of folders) {
    const entries = readdirSync(join(root, name), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (entry.isFile()) paths.push(join(entry.parentPath, entry.name).slice(root.length + 1));
    }
  }
  return paths.sort().map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
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
