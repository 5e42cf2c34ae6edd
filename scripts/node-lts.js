// @ts-check
// Fetches the current long-term release of Node from npm into .cache, for a second run of the unit tests.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runProgram } from "./run.js";
import { SetupError, say } from "./say.js";

// The newest release of line 26 ("Lithium", long-term since October 2026) on npm.
const version = "26.10.0";

const folder = fileURLToPath(new URL("../.cache/node-lts", import.meta.url));

/** @param {string} binary */
function versionOf(binary) {
  const { status, stdout, stderr } = spawnSync(binary, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : stderr?.trim();
}

/**
 * Returns the path of that Node and fetches it if it is missing; undefined if this process already runs the same line.
 * Throws a SetupError if it cannot be fetched.
 * @returns {Promise<string | undefined>}
 */
export async function findLtsNode() {
  if (process.versions.node.split(".")[0] === version.split(".")[0]) return undefined;
  if (process.arch !== "x64" && process.arch !== "arm64") {
    throw new SetupError(`npm has no Node ${version} for ${process.arch}`);
  }
  const name = `node-linux-${process.arch}`;
  const binary = `${folder}/node_modules/${name}/bin/node`;
  if (!existsSync(binary) || versionOf(binary) !== `v${version}`) {
    say(`fetching Node ${version} for a second run of the unit tests`);
    const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    const argv = ["npm", "install", "--prefix", folder, "--no-package-lock", ...quiet];
    const end = await runProgram([...argv, `${name}@${version}`], { quiet: true });
    if (end.code !== 0) throw new SetupError(`npm cannot fetch Node ${version}:\n${end.output}`);
  }
  const found = versionOf(binary);
  if (found !== `v${version}`) throw new SetupError(`Node ${version} does not run: ${found}`);
  return binary;
}
