// House rules for documents: decisions, the map, and the commands and links in documents.

import { dirname, join, normalize } from "node:path";
import { type ProjectFile, roomOf } from "./project-files.ts";

interface PackageJson {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

function textOf(files: readonly ProjectFile[], path: string): string {
  return files.find((file) => file.path === path)?.text ?? "";
}

function packageOf(files: readonly ProjectFile[]): PackageJson {
  return JSON.parse(textOf(files, "package.json")) as PackageJson;
}

function decisions(files: readonly ProjectFile[]): ProjectFile[] {
  return files.filter(({ path }) => path.startsWith("docs/adr/"));
}

/** Dependencies that are not pinned to one version or not covered by a decision. */
export function findLooseDependencies(files: readonly ProjectFile[]): string[] {
  const { dependencies = {}, devDependencies = {} } = packageOf(files);
  const reasons = decisions(files)
    .map(({ text }) => text)
    .join("\n");
  return Object.entries({ ...dependencies, ...devDependencies }).flatMap(([name, version]) => {
    const problems = [];
    if (!/^\d+\.\d+\.\d+$/.test(version)) problems.push(`${name} ${version} is not pinned`);
    if (!reasons.includes(name)) problems.push(`${name} is in no decision`);
    return problems;
  });
}

/** Decisions whose names and titles are not numbered 1, 2, 3, … */
export function findMisnumberedDecisions(files: readonly ProjectFile[]): string[] {
  return decisions(files).flatMap(({ path, text }, index) => {
    const number = index + 1;
    const isNamed = path.startsWith(`docs/adr/${String(number).padStart(4, "0")}-`);
    return isNamed && text.startsWith(`# ${number}. `)
      ? []
      : [`${path} should be number ${number}`];
  });
}

/** Rooms of src and other folders that are missing in the map. */
export function findUnmapped(files: readonly ProjectFile[]): string[] {
  const map = textOf(files, "ARCHITECTURE.md");
  const folders = files.flatMap(({ path }) => {
    const room = roomOf(path);
    if (room !== undefined) return [`src/${room}/`];
    return /^[a-z]+\/.*\.(?:ts|js)$/.test(path) && !path.startsWith("src/")
      ? [`${path.split("/")[0]}/`]
      : [];
  });
  return [...new Set(folders)].filter((folder) => !map.includes(`\`${folder}\``));
}

/** A version without a section in the changelog. */
export function findUnlistedVersion(files: readonly ProjectFile[]): string[] {
  const { version } = packageOf(files);
  const isListed = textOf(files, "CHANGELOG.md").includes(`\n## ${version}`);
  return isListed ? [] : [`CHANGELOG.md has no section for ${version}`];
}

function isTypeScript({ path }: ProjectFile): boolean {
  return path.endsWith(".ts") && path !== "test/tidy.test.ts";
}

function documents(files: readonly ProjectFile[]): ProjectFile[] {
  return files.filter(({ path }) => path.endsWith(".md"));
}

/** npm commands in documents that are missing in package.json. */
export function findUnknownCommands(files: readonly ProjectFile[]): string[] {
  const { scripts } = packageOf(files);
  return documents(files).flatMap(({ path, text }) =>
    [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start)\b)/g)].flatMap(
      ([command, run, short]) =>
        scripts[run ?? short ?? ""] === undefined ? [`${path}: ${command}`] : [],
    ),
  );
}

/** Programs started by the set-up without a source file. */
export function findMissingTargets(files: readonly ProjectFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  return [...textOf(files, "scripts/setup.js").matchAll(/"dist\/([\w/-]+)\.js"/g)].flatMap(
    ([, path = ""]) => (paths.has(`${path}.ts`) ? [] : [`${path}.ts`]),
  );
}

const COMPILED = /\b(?:new URL\(|beside\(import\.meta\.url, )"(?<path>[\w./-]+\.js)"/g;

/** Compiled files named in programs' texts, relative to dist, without a source file. */
export function findMissingModules(files: readonly ProjectFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  return files.filter(isTypeScript).flatMap(({ path, text }) =>
    [...text.matchAll(COMPILED)].flatMap(({ groups }) => {
      const target = normalize(join("dist", dirname(path), groups?.["path"] ?? ""));
      const source = target.replace(/^dist\/(.*)\.js$/, "$1.ts");
      return paths.has(source) ? [] : [`${path}: ${source}`];
    }),
  );
}

/** Links and backquoted paths in documents that do not lead to a file or folder of the project. */
export function findDeadLinks(files: readonly ProjectFile[]): string[] {
  const paths = files.map(({ path }) => path);
  const exists = (wanted: string): boolean =>
    paths.some((path) => path === wanted || path.startsWith(`${wanted.replace(/\/$/, "")}/`));
  return documents(files).flatMap(({ path, text }) => {
    const links = [...text.matchAll(/\]\((?!\w+:|#)([^)#]+)[^)]*\)/g)].map(([, link = ""]) =>
      normalize(join(dirname(path), link)),
    );
    const quoted = [...text.matchAll(/`((?:src|test|lab|bench|scripts|docs)\/[\w./-]+)`/g)];
    const named = quoted.map(([, name = ""]) => name);
    return [...links, ...named].flatMap((link) => (exists(link) ? [] : [`${path}: ${link}`]));
  });
}
