// House rules for imports: the order of the rooms, purity, no cycles.

import { codeOf, importsOf, isTest, type ProjectFile, roomOf } from "./project-files.ts";

const PURE_BELOW_VRRP = ["lib", "wire", "netlink", "config"] as const;
const ENGINES = ["vrrp", "bfd", "check", "lvs"] as const;
const BELOW_SHELL = [...PURE_BELOW_VRRP, ...ENGINES, "status", "os"] as const;

/** The rooms that each room of src may import, besides itself. */
export const MAY_IMPORT: { readonly [room: string]: readonly string[] } = {
  lib: [],
  wire: ["lib"],
  netlink: ["lib"],
  config: ["lib"],
  vrrp: PURE_BELOW_VRRP,
  bfd: PURE_BELOW_VRRP,
  check: PURE_BELOW_VRRP,
  lvs: PURE_BELOW_VRRP,
  status: [...PURE_BELOW_VRRP, ...ENGINES],
  os: ["lib"],
  notify: BELOW_SHELL,
  cli: BELOW_SHELL,
  process: [...BELOW_SHELL, "notify", "cli"],
  processes: [...BELOW_SHELL, "notify", "cli", "process"],
  parent: [...BELOW_SHELL, "notify", "cli", "process", "processes"],
};

const PURE: readonly string[] = [...PURE_BELOW_VRRP, ...ENGINES, "status"];

const IMPURE: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/(?<![.\w])(?:new )?Date\b\s*[.(]/, "a clock: take `now`"],
  [/(?<![.\w])performance\s*\./, "a clock: take `now`"],
  [/(?<![.\w])Math\s*\.\s*random\b/, "randomness: take a Prng"],
  [/(?<![.\w])crypto\s*\./, "randomness or digests: take them as arguments"],
  [/(?<![.\w])(?:setTimeout|setInterval|setImmediate|queueMicrotask)\s*\(/, "a timer: return it"],
  [/(?<![.\w])process\s*[.[]/, "the process"],
  [/(?<![.\w])console\s*\./, "I/O"],
  [/(?<![.\w])fetch\s*\(/, "I/O"],
  [/(?<![.\w])globalThis\b/, "any global"],
];

function sources(files: readonly ProjectFile[]): ProjectFile[] {
  return files.filter(({ path }) => path.startsWith("src/") && path.endsWith(".ts"));
}

/** Imports against the order of the rooms, and rooms that are missing in it. */
export function findLayerBreaches(files: readonly ProjectFile[]): string[] {
  return sources(files).flatMap((file) => {
    const room = roomOf(file.path);
    if (room === undefined || isTest(file.path)) return [];
    const allowed = MAY_IMPORT[room];
    if (allowed === undefined) return [`${file.path}: src/${room} is missing in MAY_IMPORT`];
    return importsOf(file).flatMap(({ path }) => {
      if (path === undefined) return [];
      const target = roomOf(path);
      if (target === room || (target !== undefined && allowed.includes(target))) return [];
      return [`${file.path} imports ${path}`];
    });
  });
}

/** Files of pure rooms that use a module, a clock, randomness or I/O. Their tests may. */
export function findImpurities(files: readonly ProjectFile[]): string[] {
  return sources(files).flatMap((file) => {
    if (isTest(file.path) || !PURE.includes(roomOf(file.path) ?? "")) return [];
    const code = codeOf(file.text);
    const modules = importsOf(file).filter(({ path }) => path === undefined);
    return [
      ...modules.map(({ specifier }) => `${file.path} imports ${specifier}`),
      ...IMPURE.flatMap(([pattern, what]) => {
        const found = pattern.exec(code)?.[0];
        return found === undefined ? [] : [`${file.path} uses ${found.trim()}: ${what}`];
      }),
    ];
  });
}

/** Imports of foreign functions outside `os`. */
export function findForeignFunctions(files: readonly ProjectFile[]): string[] {
  return sources(files).flatMap((file) => {
    if (roomOf(file.path) === "os") return [];
    const koffi = importsOf(file).some(({ specifier }) => specifier === "koffi");
    return koffi ? [`${file.path} imports koffi`] : [];
  });
}

/** Code that sets the state of a virtual router anywhere but in the gate. */
export function findBypasses(files: readonly ProjectFile[]): string[] {
  const gate = "src/vrrp/router/transition.ts";
  return sources(files).flatMap(({ path, text }) => {
    const isOutside = path.startsWith("src/vrrp/") && path !== gate && !isTest(path);
    return isOutside && /\.enter\s*\(/.test(codeOf(text)) ? [`${path} bypasses ${gate}`] : [];
  });
}

/** Import cycles, including type imports, as `a → b → a`. */
export function findCycles(files: readonly ProjectFile[]): string[] {
  const edges = new Map(
    files
      .filter(({ path }) => path.endsWith(".ts"))
      .map((file) => [file.path, importsOf(file).flatMap(({ path }) => path ?? [])] as const),
  );
  const cycles: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const at = trail.indexOf(path);
    if (at >= 0) cycles.push([...trail.slice(at), path].join(" → "));
    if (at >= 0 || done.has(path)) return;
    trail.push(path);
    for (const next of edges.get(path) ?? []) visit(next);
    trail.pop();
    done.add(path);
  };
  for (const path of edges.keys()) visit(path);
  return cycles;
}
