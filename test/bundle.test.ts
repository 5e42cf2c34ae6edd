// Tests the shipped bundle in dist/bundle and the package that contains it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bundle = join(root, "dist/bundle");

function makeFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-bundle-"));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function run(file: string, ...words: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(file, words, { cwd: root, encoding: "utf8" });
  return { status, output: `${stdout}${stderr}` };
}

/** The program files of the bundle. */
function bundledFiles(): string[] {
  return readdirSync(bundle).filter((name) => name.endsWith(".js"));
}

/** Paths of the sources in one file of the bundle, relative to the repository, according to its source map. */
function sourcesOf(file: string): string[] {
  const { sources } = JSON.parse(readFileSync(join(bundle, `${file}.map`), "utf8")) as {
    sources: string[];
  };
  return sources.map((source) => source.replace("../../", ""));
}

/** The files that each file of the bundle loads before it runs itself. */
function neededFiles(): ReadonlyMap<string, readonly string[]> {
  return new Map(
    bundledFiles().map((name) => {
      const text = readFileSync(join(bundle, name), "utf8");
      const matches = text.matchAll(/\brequire_\w+=require\("\.\/([^"]+)"\)/g);
      return [name, [...matches].map(([, other = ""]) => other)];
    }),
  );
}

test("the bundle matches the sources", () => {
  assert.deepEqual(run(process.execPath, "scripts/bundle.js", "--check"), {
    status: 0,
    output: "",
  });
});

test("the bundle contains every process of the daemon once, and no test", () => {
  const sources = bundledFiles().flatMap(sourcesOf);
  const processes = readdirSync(join(root, "src/processes"));
  for (const name of processes) {
    const main = `src/processes/${name}/${name}-main.ts`;
    assert.equal(sources.filter((source) => source === main).length, 1, main);
  }
  assert.ok(sources.includes("src/os/script/spawner-main.ts"));
  assert.equal(new Set(sources).size, sources.length);
  assert.deepEqual(
    sources.filter((source) => !source.startsWith("src/") || source.includes(".test.")),
    [],
  );
});

test("a command that needs no daemon loads neither the daemon nor the parser", () => {
  const main = JSON.stringify(join(bundle, "main.js"));
  const { output } = run(
    process.execPath,
    "-e",
    `process.argv.splice(1, 9, "holdfast", "-v"); require(${main});
     process.on("exit", () => console.log(Object.keys(require.cache).join("\\n")))`,
  );
  assert.match(output, /\/parent-main\.js$/m);
  assert.match(output, /^Keepalived v/m);
  assert.doesNotMatch(
    output,
    /\/(parent|role|vrrp-main|load-config|config-\w+|spawner-main)\.js$/m,
  );
});

test("processes that neither read nor show a configuration do not load its language", () => {
  const needed = neededFiles();
  const visited = new Set<string>();
  const visit = (name: string): void => {
    if (visited.has(name)) return;
    visited.add(name);
    for (const other of needed.get(name) ?? []) visit(other);
  };
  const processes = ["main.js", "child-main.js", "role.js", "vrrp-main.js", "spawner-main.js"];
  for (const name of processes) visit(name);
  const sources = [...visited].flatMap(sourcesOf);
  assert.ok(sources.includes("src/processes/vrrp/vrrp.ts"));
  assert.deepEqual(
    sources.filter((source) =>
      /^src\/(?:status|config\/(?:keyword|language))\/|-rows\.ts$/.test(source),
    ),
    [],
  );
});

test("no two files of the bundle need each other", () => {
  // One of them would run before the other is loaded.
  const needed = neededFiles();
  assert.ok(needed.get("vrrp-main.js")?.includes("shared.js"));
  const visit = (name: string, path: readonly string[]): void => {
    assert.ok(!path.includes(name), [...path, name].join(" needs "));
    for (const other of needed.get(name) ?? []) visit(other, [...path, name]);
  };
  for (const name of needed.keys()) visit(name, []);
});

test("a bug is reported with its place in the sources", (t) => {
  const folder = makeFolder(t);
  cpSync(bundle, join(folder, "dist/bundle"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  // A program without its package.json.
  const { status, output } = run(process.execPath, join(folder, "dist/bundle/main.js"), "-v");
  assert.match(output, /^RangeError: package\.json .*\n/);
  assert.match(output, /^ {4}at holdfastVersion \(src\/parent\/holdfast-version\.ts:\d+:\d+\)$/m);
  assert.equal(status, 70);
});

test("the list of third-party licences contains each package with its version", () => {
  const text = readFileSync(join(bundle, "THIRD-PARTY-LICENSES"), "utf8");
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    dependencies: Readonly<Record<string, string>>;
  };
  for (const [name, version] of Object.entries(dependencies)) {
    assert.ok(text.includes(`\n${name} ${version} (`), name);
  }
});

test("the package contains the bundle and runs from any folder, even under another name", (t) => {
  const folder = makeFolder(t);
  const packed = spawnSync("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: root,
    encoding: "utf8",
  });
  assert.equal(packed.status, 0, packed.stderr);
  const [{ filename, files } = { filename: "", files: [] }] = JSON.parse(packed.stdout) as {
    filename: string;
    files: { path: string; mode: number }[];
  }[];
  const paths = files.map(({ path }) => path);
  const expected = readdirSync(bundle).map((name) => `dist/bundle/${name}`);
  assert.deepEqual(paths.filter((path) => path.startsWith("dist/")).sort(), expected.sort());
  for (const path of [
    "bin/holdfast",
    "bin/package.json",
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "package.json",
  ]) {
    assert.ok(paths.includes(path), path);
  }
  assert.deepEqual(
    paths.filter((path) => !/^(bin|docs|dist\/bundle)\/|^[^/]+$/.test(path)),
    [],
  );
  assert.equal(run("tar", "-C", folder, "-xf", join(folder, filename)).status, 0);
  mkdirSync(join(folder, "package/node_modules"));
  for (const name of ["koffi", "@koromix"]) {
    symlinkSync(join(root, "node_modules", name), join(folder, "package/node_modules", name));
  }
  const link = join(folder, "keepalived");
  symlinkSync("package/bin/holdfast", link);
  const version = run(process.execPath, link, "-v");
  assert.match(version.output, /^Keepalived v\S+ \(holdfast \d/);
  assert.equal(version.status, 0);
});
