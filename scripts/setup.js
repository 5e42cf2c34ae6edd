// @ts-check
// Installs what a target needs (modules, a build, Debian packages), then runs it.
// Usage: node scripts/setup.js demo|test|test:vm|fuzz|soak|bench [ARGUMENTS]

import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`holdfast: needs Node 20.19 or newer; this is ${process.version}\n`);
  process.exit(1);
}

const { demoPackages, installPackages, machinePackages, testPackages } = await import(
  "./debian-packages.js"
);
const { bringKernels } = await import("./kernels.js");
const { findNamespaces } = await import("./namespaces.js");
const { findLtsNode } = await import("./node-lts.js");
const { endAs, runProgram } = await import("./run.js");
const { SetupError, say } = await import("./say.js");

/**
 * `apart`: it runs in its own namespaces.
 * @typedef {{ packages: readonly string[], program: string, apart: boolean }} Target
 */

/** @type {Readonly<Record<string, Target>>} */
const targets = {
  demo: { packages: demoPackages, program: "dist/lab/demo.js", apart: true },
  test: { packages: testPackages, program: "scripts/run-tests.js", apart: true },
  "test:vm": { packages: machinePackages, program: "scripts/run-tests.js", apart: false },
  fuzz: { packages: [], program: "dist/test/fuzz/main.js", apart: false },
  soak: { packages: testPackages, program: "dist/test/soak/main.js", apart: true },
  bench: { packages: testPackages, program: "dist/bench/main.js", apart: true },
};

/** What follows `npm run TARGET --`. @type {Readonly<Record<string, string>>} */
const usages = {
  demo: "[--daemon holdfast|keepalived]\n  Two nodes and a client in network namespaces, and simulated failures.",
  test: "[PART ...] [OPTION ...]\n  Runs the test files whose names contain one of the parts; without parts, all of them.\n  Options go to Node's test runner: --test-name-pattern=PATTERN, --test-only, ...",
  "test:vm":
    "[PART ...] [OPTION ...]\n  The tests that need another kernel, in virtual machines. Arguments as for test.",
  fuzz: "[--seconds N] [--seed N] [--seeds N] [--target NAME]\n  Random input for parsers, then seeds of the simulation.",
  soak: "[ARGUMENT ...]\n  Random faults, or attacks [NAME ...]; see test/soak/main.ts for the arguments.",
  bench: "[ARGUMENT ...]\n  Measurements beside keepalived; see bench/main.ts for the arguments.",
};

/** Limits for npm, which otherwise retries for minutes without a network. */
const npmPatience = ["--fetch-retries=1", "--fetch-retry-mintimeout=2000", "--fetch-timeout=60000"];
const stillWaitingMillis = 15_000;

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

/** True if node_modules matches the lock file. */
function areModulesCurrent() {
  if (!existsSync(join(root, "node_modules/.package-lock.json"))) return false;
  const locked = readJson("package-lock.json").packages;
  const present = readJson("node_modules/.package-lock.json").packages;
  const isSame = (/** @type {string} */ path) =>
    locked[path]?.version === present[path]?.version &&
    locked[path]?.integrity === present[path]?.integrity;
  const required = Object.keys(locked).filter((path) => path !== "" && !locked[path].optional);
  return required.every(isSame) && Object.keys(present).every(isSame);
}

async function bringModules() {
  if (areModulesCurrent()) return;
  if (lstatSync(join(root, "node_modules"), { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new SetupError("node_modules is a link and does not match package-lock.json");
  }
  say("npm ci: fetching the packages of package-lock.json");
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const argv = ["npm", "ci", ...quiet, ...npmPatience];
  const start = performance.now();
  const waiting = setInterval(() => {
    const seconds = Math.round((performance.now() - start) / 1000);
    say(`npm ci: still waiting after ${seconds} s; it needs the network, or a registry in .npmrc`);
  }, stillWaitingMillis);
  const end = await runProgram(argv, { quiet: true, cwd: root })
    .catch((error) => {
      throw new SetupError(`npm cannot be started (${error.code}); it comes with Node`);
    })
    .finally(() => clearInterval(waiting));
  if (end.forwarded !== undefined) throw new SetupError(`npm ci was stopped by ${end.forwarded}`);
  if (end.code !== 0) throw new SetupError(`npm ci failed:\n${end.output}`);
}

/** A digest of the names, sizes and times of all sources, to detect an outdated dist. */
function digestSources() {
  const hash = createHash("sha256");
  const folders = ["src", "test", "lab", "bench"].filter((name) => existsSync(join(root, name)));
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => join(folder, path)),
  );
  const builders = ["scripts/build.js", "scripts/bundle.js", "tsconfig.json", "package-lock.json"];
  for (const path of [...builders, ...files.sort()]) {
    const { size, mtimeMs } = statSync(join(root, path));
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

async function build() {
  const stamp = join(root, "dist/.sources");
  const digest = digestSources();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  say("building");
  const end = await runProgram([process.execPath, join(root, "scripts/build.js")]);
  if (end.code !== 0) throw new SetupError("the build failed");
  writeFileSync(stamp, digest);
}

/** Prints why a part of the tests cannot run, and returns the first line. @param {unknown} error */
function explainLack(error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  return error.message.split("\n")[0] ?? "";
}

/** @param {string[]} words */
async function main([name = "", ...words]) {
  const target = targets[name];
  if (target === undefined) {
    throw new SetupError(`usage: node scripts/setup.js ${Object.keys(targets).join("|")}`);
  }
  if (words.includes("--help") || words.includes("-h")) {
    process.stdout.write(`usage: npm run ${name} -- ${usages[name]}\n`);
    return;
  }
  await bringModules();
  await build();
  /** @type {Record<string, string | undefined>} */
  const lacks = {};
  try {
    await installPackages(target.packages);
  } catch (error) {
    if (name !== "test") throw error;
    lacks.HOLDFAST_NO_LAB = explainLack(error);
  }
  if (name === "test:vm") lacks.HOLDFAST_KERNELS = await bringKernels();
  const isSubset = words.some((word) => !word.startsWith("-"));
  if (name === "test" && !isSubset) {
    try {
      lacks.HOLDFAST_LTS_NODE = await findLtsNode();
    } catch (error) {
      lacks.HOLDFAST_NO_LTS = explainLack(error);
    }
  }
  /** @type {readonly string[]} */
  let prefix = [];
  const namespaces = target.apart ? findNamespaces() : undefined;
  if (namespaces !== undefined && "refused" in namespaces) {
    if (name !== "test") throw new SetupError(namespaces.refused);
    lacks.HOLDFAST_NO_LAB = explainLack(new SetupError(namespaces.refused));
  } else if (namespaces?.userNamespace && name === "test") {
    // tcpdump, nginx and scripts of other users fail if only root is mapped.
    lacks.HOLDFAST_NO_LAB = explainLack(new SetupError("the lab's tests need root"));
  } else if (namespaces !== undefined) {
    ({ prefix } = namespaces);
    if (namespaces.userNamespace) lacks.HOLDFAST_USER_NAMESPACE = "1";
  }
  const argv = [...prefix, process.execPath, join(root, target.program), ...words];
  endAs(await runProgram(argv, { env: { ...process.env, ...lacks } }));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exit(1);
}
