// Rules of what is written about the code: decisions, the map, the commands and links that documents name.

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

/** Dependencies that are not pinned to one version, or that no decision speaks of. */
export function findLooseDependencies(files: readonly ProjectFile[]): string[] {
  const { dependencies = {}, devDependencies = {} } = packageOf(files);
  const reasons = decisions(files)
    .map(({ text }) => text)
    .join("\n");
  return Object.entries({ ...dependencies, ...devDependencies }).flatMap(([name, version]) => {
    const complaints = [];
    if (!/^\d+\.\d+\.\d+$/.test(version)) complaints.push(`${name} ${version} is not pinned`);
    if (!reasons.includes(name)) complaints.push(`${name} is in no decision`);
    return complaints;
  });
}

/** Decisions that are not numbered 1, 2, 3, …, in their names and their titles alike. */
export function findMisnumberedDecisions(files: readonly ProjectFile[]): string[] {
  return decisions(files).flatMap(({ path, text }, index) => {
    const number = index + 1;
    const isNamed = path.startsWith(`docs/adr/${String(number).padStart(4, "0")}-`);
    return isNamed && text.startsWith(`# ${number}. `)
      ? []
      : [`${path} should be number ${number}`];
  });
}

/** Rooms of src, and folders beside it, that the map leaves out. */
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

/** Whether the changes of the version that is being made are told. */
export function findUntoldVersion(files: readonly ProjectFile[]): string[] {
  const { version } = packageOf(files);
  const isTold = textOf(files, "CHANGELOG.md").includes(`\n## ${version}`);
  return isTold ? [] : [`CHANGELOG.md says nothing of ${version}`];
}

function documents(files: readonly ProjectFile[]): ProjectFile[] {
  return files.filter(({ path }) => path.endsWith(".md"));
}

/** npm commands in documents that package.json does not have. */
export function findUnknownCommands(files: readonly ProjectFile[]): string[] {
  const { scripts } = packageOf(files);
  return documents(files).flatMap(({ path, text }) =>
    [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start)\b)/g)].flatMap(
      ([command, run, short]) =>
        scripts[run ?? short ?? ""] === undefined ? [`${path}: ${command}`] : [],
    ),
  );
}

/** Programs that the set-up would start and that no source makes. */
export function findMissingTargets(files: readonly ProjectFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  return [...textOf(files, "scripts/setup.js").matchAll(/"dist\/([\w/-]+)\.js"/g)].flatMap(
    ([, path = ""]) => (paths.has(`${path}.ts`) ? [] : [`${path}.ts`]),
  );
}

/** Links of documents, and paths in their backquotes, that lead to no file or folder of the project. */
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
