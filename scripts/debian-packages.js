// @ts-check
// Installs the Debian packages for the demo and the tests without starting their services.

import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { runProgram } from "./run.js";
import { SetupError, say } from "./say.js";

// A program or file of each package, to test whether it is installed.

/** @type {Readonly<Record<string, string>>} */
const testEvidence = {
  iproute2: "ip",
  nftables: "nft",
  tcpdump: "tcpdump",
  keepalived: "keepalived",
  tshark: "tshark",
  psmisc: "killall",
  "nginx-light": "nginx",
  "linux-libc-dev": "/usr/include/linux/rtnetlink.h",
  // Node's binaries are linked against it since Node 25.
  libatomic1: "libatomic.so.1",
};

/** @type {Readonly<Record<string, string>>} */
const machineEvidence = {
  "qemu-system-x86": "qemu-system-x86_64",
  "busybox-static": "/bin/busybox",
  cpio: "cpio",
  kmod: "modprobe",
};

const evidence = { ...testEvidence, ...machineEvidence };

/** Packages for the demo. */
export const demoPackages = ["iproute2"];

/** Packages for the tests. */
export const testPackages = Object.keys(testEvidence);

/** Packages for the tests in virtual machines. */
export const machinePackages = Object.keys(evidence);

/** @param {string} what */
function isPresent(what) {
  if (what.startsWith("/")) return existsSync(what);
  const folders = what.includes(".so")
    ? ["/lib", "/usr/lib", `/usr/lib/${multiarch}`, `/lib/${multiarch}`, "/usr/lib64"]
    : `${process.env.PATH}:/usr/sbin:/sbin:/usr/bin:/bin`.split(":");
  return folders.some((folder) => folder !== "" && existsSync(`${folder}/${what}`));
}

const multiarch = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";

/**
 * The packages of `wanted` that are not installed.
 * @param {readonly string[]} wanted
 */
export function missingPackages(wanted) {
  return wanted.filter((name) => !isPresent(evidence[name] ?? name));
}

/** Every installed package. @returns {Set<string>} */
function installedPackages() {
  const { stdout } = spawnSync("dpkg-query", ["-W"], { encoding: "utf8" });
  return new Set(stdout.split("\n").map((line) => line.split("\t")[0] ?? ""));
}

const policyPath = "/usr/sbin/policy-rc.d";
const savedPath = `${policyPath}.holdfast-kept`;
const policyMark = "# holdfast: set-up starts no service";

/** Restores the original policy, also after an earlier run that was killed. */
function restorePolicy() {
  rmSync(policyPath, { force: true });
  if (existsSync(savedPath)) renameSync(savedPath, policyPath);
}

/**
 * Runs `action` while Debian's policy forbids the start of services.
 * @template T
 * @param {() => Promise<T>} action
 */
async function withoutServices(action) {
  if (existsSync(policyPath) && !existsSync(savedPath)) renameSync(policyPath, savedPath);
  process.on("exit", restorePolicy);
  try {
    writeFileSync(policyPath, `#!/bin/sh\n${policyMark}\nexit 101\n`, { mode: 0o755 });
    return await action();
  } finally {
    process.removeListener("exit", restorePolicy);
    restorePolicy();
  }
}

/** Disables the units of new packages, which would start at the next boot. @param {readonly string[]} packages */
function disableUnits(packages) {
  if (packages.length === 0 || !isPresent("systemctl")) return;
  const { stdout } = spawnSync("dpkg", ["-L", ...packages], { encoding: "utf8" });
  for (const path of stdout.split("\n")) {
    const unit = /^(?:\/usr)?\/lib\/systemd\/system\/([^/@]+\.(?:service|socket|timer))$/.exec(
      path,
    )?.[1];
    if (unit !== undefined) spawnSync("systemctl", ["disable", unit], { stdio: "ignore" });
  }
}

/** @param {readonly string[]} words */
async function aptGet(words) {
  const options = ["-q", "-y", "-o", "DPkg::Lock::Timeout=120"];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_SUSPEND: "1" };
  const end = await runProgram(["apt-get", ...options, ...words], { quiet: true, env });
  if (end.forwarded !== undefined) throw new SetupError(`stopped by ${end.forwarded}`);
  if (end.code === 0) return;
  const last = end.output.split("\n").slice(-12).join("\n");
  throw new SetupError(`apt-get ${words[0]} failed:\n${last}`);
}

/**
 * Installs missing packages of `wanted`. Throws a SetupError with the reason if that fails.
 * @param {readonly string[]} wanted
 */
export async function installPackages(wanted) {
  const missing = missingPackages(wanted);
  if (missing.length === 0) return;
  const command = `apt-get install --no-install-recommends ${missing.join(" ")}`;
  if (!isPresent("apt-get")) {
    const programs = missing.map((name) => evidence[name]).join(", ");
    throw new SetupError(
      `not found: ${programs}. This is not Debian: install them by other means.`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new SetupError(`Debian packages are missing; as root: ${command}`);
  }
  say(`installing ${missing.join(", ")}`);
  const before = installedPackages();
  try {
    await withoutServices(async () => {
      await aptGet(["update"]);
      await aptGet(["install", "--no-install-recommends", ...missing]);
    });
  } finally {
    disableUnits([...installedPackages()].filter((name) => name !== "" && !before.has(name)));
  }
  const still = missingPackages(wanted);
  if (still.length > 0) throw new SetupError(`installed, but not found: ${still.join(", ")}`);
}
