// @ts-check
// Isolates the demo and the tests from the machine by network and mount namespaces; without root, inside a user
// namespace.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const apart = ["--net", "--mount"];
const asRoot = ["unshare", ...apart];
const asUser = ["unshare", "--user", "--map-root-user", ...apart];
// Tests use 127.0.0.1, and the loopback interface of a new namespace is down.
const enter = ["sh", "-c", 'ip link set lo up; exec "$@"', "sh"];

/** The operation of the lab for each host, which containers often forbid. */
const trial = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "true"];

/** @param {readonly string[]} prefix */
function tryOut(prefix) {
  const [command = "false", ...words] = [...prefix, ...trial];
  const { status, stderr, error } = spawnSync(command, words, { encoding: "utf8" });
  return status === 0 ? undefined : (error?.message ?? stderr.trim().split("\n")[0] ?? "refused");
}

/** @param {string} path @param {string} bad */
function isSetTo(path, bad) {
  return existsSync(path) && readFileSync(path, "utf8").trim() === bad;
}

/** @param {string} rootError @param {string} userError */
function explain(rootError, userError) {
  const lines = ["this process cannot create network namespaces."];
  if (process.getuid?.() === 0) {
    lines.push(`as root: ${rootError}`);
    lines.push(
      "CAP_SYS_ADMIN and CAP_NET_ADMIN may be missing (start the container with --privileged)",
    );
  }
  lines.push(`in a user namespace: ${userError}`);
  if (isSetTo("/proc/sys/kernel/unprivileged_userns_clone", "0")) {
    lines.push("to allow user namespaces: sysctl kernel.unprivileged_userns_clone=1");
  }
  if (isSetTo("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1")) {
    lines.push("to allow user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0");
  }
  if (isSetTo("/proc/sys/user/max_user_namespaces", "0")) {
    lines.push("to allow user namespaces: sysctl user.max_user_namespaces=1000");
  }
  lines.push("otherwise run it as root");
  return lines.join("\n  ");
}

/**
 * The prefix of a command that isolates it from the machine, or why that is impossible.
 * @returns {{ prefix: readonly string[], userNamespace: boolean } | { refused: string }}
 */
export function findNamespaces() {
  const rootError = tryOut(asRoot);
  if (rootError === undefined) return { prefix: [...asRoot, ...enter], userNamespace: false };
  const userError = tryOut(asUser);
  if (userError === undefined) return { prefix: [...asUser, ...enter], userNamespace: true };
  return { refused: explain(rootError, userError) };
}
