// @ts-check
// Builds dist/bundle, the program that is started and shipped: src without tests, one file per role and one for shared
// code, source maps, and third-party licences.
// Usage: node scripts/bundle.js [--check]; with --check it writes nothing, and lists files that differ.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "dist/bundle");

/** The files that are started, by their names in the bundle. */
const entries = {
  main: join(root, "src/main.ts"),
  "spawner-main": join(root, "src/os/script/spawner-main.ts"),
};

/** Not in the bundle: a native module, which npm installs for each machine. */
const external = ["koffi"];

/**
 * Builds the bundle in memory: the text of each file by its name.
 * @returns {Promise<Map<string, string>>}
 */
async function makeBundle() {
  const { output } = await build({
    cwd: root,
    input: entries,
    platform: "node",
    external,
    write: false,
    logLevel: "warn",
    output: {
      // Node loads CommonJS faster than ES modules, and needs less memory for it.
      format: "cjs",
      dir: folder,
      entryFileNames: "[name].js",
      chunkFileNames: "[name].js",
      codeSplitting: {
        // Code of several processes goes into one file, since each file costs time. Not the configuration's keywords and
        // renderers, which are large: only the parent and the reader need them.
        groups: [
          {
            name: "shared",
            minShareCount: 2,
            test: /\/src\/(?!config\/|status\/|processes\/config-reader\/)/,
          },
        ],
      },
      sourcemap: true,
      sourcemapExcludeSources: true,
      // Comments and spaces would take memory in every process; names stay for stack traces.
      minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
    },
  });
  /** @type {Map<string, string>} */
  const files = new Map();
  /** @type {Set<string>} */
  const bundled = new Set();
  for (const file of output) {
    if (file.type === "asset") {
      files.set(file.fileName, String(file.source));
      continue;
    }
    files.set(file.fileName, file.code);
    for (const id of file.moduleIds) {
      const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1];
      if (name !== undefined) bundled.add(name);
    }
  }
  // The package around it is one of ES modules.
  files.set("package.json", '{ "type": "commonjs" }\n');
  files.set("THIRD-PARTY-LICENSES", renderLicences([...external, ...bundled].sort()));
  return files;
}

/** @param {readonly string[]} names */
function renderLicences(names) {
  const sections = names.map((name) => {
    const path = join(root, "node_modules", name);
    const { version, license } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
    const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no file with its licence`);
    const text = readFileSync(join(path, file), "utf8").trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return `holdfast uses these packages of others:\n\n${sections.join(`\n${"-".repeat(72)}\n\n`)}`;
}

/** @param {ReadonlyMap<string, string>} files */
function write(files) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
}

/** The files on disk that are missing, different or too many. @param {ReadonlyMap<string, string>} files */
function differences(files) {
  const present = new Set(readdirSync(folder));
  const differing = [...files].filter(
    ([name, text]) => !present.has(name) || readFileSync(join(folder, name), "utf8") !== text,
  );
  const surplus = [...present].filter((name) => !files.has(name));
  return [...differing.map(([name]) => name), ...surplus];
}

const files = await makeBundle();
if (process.argv[2] === "--check") {
  const names = differences(files);
  for (const name of names) {
    process.stderr.write(`${relative(root, join(folder, name))} is not what the sources make\n`);
  }
  process.exitCode = names.length === 0 ? 0 : 1;
} else {
  write(files);
}
