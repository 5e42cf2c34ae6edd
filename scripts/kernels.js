// @ts-check
// Fetches Linux kernels for virtual machines: Debian packages, unpacked into .cache and not installed.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "./run.js";
import { SetupError, say } from "./say.js";

/** 6.1.170, the last kernel of Debian 12 that delivers any ICMP error to a raw socket that only sends. */
const releases = ["6.1.0-47-amd64"];

const folder = fileURLToPath(new URL("../.cache/kernels", import.meta.url));

/** @param {readonly string[]} argv @param {string} cwd */
async function run(argv, cwd) {
  const end = await runProgram(argv, { quiet: true, cwd });
  if (end.forwarded !== undefined) throw new SetupError(`stopped by ${end.forwarded}`);
  if (end.code !== 0) throw new SetupError(`${argv.join(" ")} failed:\n${end.output}`);
}

/** Downloads a package, with updated package lists if the old ones fail. @param {string} name @param {string} work */
async function download(name, work) {
  const argv = ["apt-get", "-q", "download", name];
  const { code } = await runProgram(argv, { quiet: true, cwd: work });
  if (code === 0) return;
  await run(["apt-get", "-q", "update"], work);
  await run(argv, work);
}

/** @param {string} release */
async function bringKernel(release) {
  const place = join(folder, release);
  if (existsSync(place)) return;
  const name = `linux-image-${release}`;
  say(`fetching ${name} for a virtual machine`);
  const work = `${place}.new`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  await download(name, work);
  const [file = ""] = readdirSync(work);
  await run(["dpkg", "-x", file, "."], work);
  await run(["depmod", "-b", work, release], work);
  rmSync(join(work, file));
  renameSync(work, place);
}

/**
 * Fetches missing kernels and returns their folder, with a subfolder per release that contains `boot` and `lib/modules`.
 * Throws a SetupError with the reason if that fails.
 */
export async function bringKernels() {
  if (process.arch !== "x64")
    throw new SetupError(`virtual machines need x64; this is ${process.arch}`);
  for (const release of releases) await bringKernel(release);
  return folder;
}
