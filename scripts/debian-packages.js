// @ts-check
// Which Debian packages the demo and the tests need, and how they are installed without starting anything.

import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { runProgram } from "./run.js";
import { SetupError, say } from "./say.js";

// What shows that a package is there: a program or a file.

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
  // Node's own binaries are linked against it since Node 25.
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

/** For the demo. */
export const demoPackages = ["iproute2"];

/** For every test. */
export const testPackages = Object.keys(testEvidence);

/** For every test in a virtual machine. */
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
 * The packages of `wanted` that are not there.
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
const keptPath = `${policyPath}.holdfast-kept`;
const policyMark = "# holdfast: set-up starts no service";

/** Puts back the policy that was there, also after an earlier run that was killed. */
function releaseServices() {
  rmSync(policyPath, { force: true });
  if (existsSync(keptPath)) renameSync(keptPath, policyPath);
}

/**
 * Runs `action` while Debian's policy forbids packages to start services.
 * @template T
 * @param {() => Promise<T>} action
 */
async function withoutServices(action) {
  if (existsSync(policyPath) && !existsSync(keptPath)) renameSync(policyPath, keptPath);
  process.on("exit", releaseServices);
  try {
    writeFileSync(policyPath, `#!/bin/sh\n${policyMark}\nexit 101\n`, { mode: 0o755 });
    return await action();
  } finally {
    process.removeListener("exit", releaseServices);
    releaseServices();
  }
}

/** Units that a fresh package brought would start at the next boot. @param {readonly string[]} packages */
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
  if (end.asked !== undefined) throw new SetupError(`stopped by ${end.asked}`);
  if (end.code === 0) return;
  const last = end.output.split("\n").slice(-12).join("\n");
  throw new SetupError(`apt-get ${words[0]} failed:\n${last}`);
}

/**
 * Installs what is missing of `wanted`. Throws a SetupError that says what cannot be had and why.
 * @param {readonly string[]} wanted
 */
export async function installPackages(wanted) {
  const missing = missingPackages(wanted);
  if (missing.length === 0) return;
  const command = `apt-get install --no-install-recommends ${missing.join(" ")}`;
  if (!isPresent("apt-get")) {
    const programs = missing.map((name) => evidence[name]).join(", ");
    throw new SetupError(`not found: ${programs}. This is no Debian: install what brings them.`);
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
  if (still.length > 0) throw new SetupError(`installed, yet not found: ${still.join(", ")}`);
}
