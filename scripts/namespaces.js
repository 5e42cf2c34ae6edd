// @ts-check
// The demo and the tests run apart from the machine: in network and mount namespaces of their own, which a
// user who is not root gets inside a user namespace.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const apart = ["--net", "--mount"];
const asRoot = ["unshare", ...apart];
const asUser = ["unshare", "--user", "--map-root-user", ...apart];
// Tests use 127.0.0.1, and a fresh namespace has it down.
const enter = ["sh", "-c", 'ip link set lo up; exec "$@"', "sh"];

/** What the lab does for each host, and what a container often forbids. */
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

/** @param {string} asRootWhy @param {string} asUserWhy */
function explain(asRootWhy, asUserWhy) {
  const lines = ["this process may not make network namespaces."];
  if (process.getuid?.() === 0) {
    lines.push(`as this root: ${asRootWhy}`);
    lines.push("it may lack CAP_SYS_ADMIN and CAP_NET_ADMIN (a container needs --privileged)");
  }
  lines.push(`in a user namespace: ${asUserWhy}`);
  if (isSetTo("/proc/sys/kernel/unprivileged_userns_clone", "0")) {
    lines.push("sysctl kernel.unprivileged_userns_clone=1 would let users make them");
  }
  if (isSetTo("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1")) {
    lines.push("sysctl kernel.apparmor_restrict_unprivileged_userns=0 would let users make them");
  }
  if (isSetTo("/proc/sys/user/max_user_namespaces", "0")) {
    lines.push("sysctl user.max_user_namespaces=1000 would let users make them");
  }
  lines.push("otherwise run it as root");
  return lines.join("\n  ");
}

/**
 * The words before a command that runs it apart from the machine, or why that cannot be.
 * @returns {{ prefix: readonly string[], userNamespace: boolean } | { refused: string }}
 */
export function findNamespaces() {
  const asRootWhy = tryOut(asRoot);
  if (asRootWhy === undefined) return { prefix: [...asRoot, ...enter], userNamespace: false };
  const asUserWhy = tryOut(asUser);
  if (asUserWhy === undefined) return { prefix: [...asUser, ...enter], userNamespace: true };
  return { refused: explain(asRootWhy, asUserWhy) };
}
