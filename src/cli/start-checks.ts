// Checks the requirements of the daemon before it starts.

import { accessSync, constants } from "node:fs";
import type { Config } from "../config/config.ts";
import { type Capability, missingCapabilities } from "../os/process/process-control.ts";

/** The relevant facts of this process and machine. */
export interface StartFacts {
  /** `20.19.0`. */
  readonly nodeVersion: string;
  /** In Node's spelling: `linux`, `x64`. */
  readonly platform: string;
  readonly architecture: string;
  readonly uid: number;
  readonly gid: number;
  readonly missing: readonly Capability[];
  /** False if /proc/sys/net is mounted read-only, as in many containers. */
  readonly sysctlsWritable: boolean;
}

/** The requirements of a configuration. */
export interface StartNeeds {
  readonly vrrp: boolean;
  /** Runs scripts as users other than the daemon's. */
  readonly otherUsers: boolean;
  readonly netNamespace: boolean;
  /** Needs a negative nice value or a real-time priority. */
  readonly scheduling: boolean;
  readonly memoryLock: boolean;
}

/** A failed check; if it is fatal, the daemon must not start and exits with `exitCode`. */
export type StartFinding =
  | { readonly grade: "fatal"; readonly text: string; readonly exitCode: 1 | 4 }
  | { readonly grade: "warning"; readonly text: string };

const OLDEST_NODE = [20, 19, 0] as const;
/** Machines with 64-bit longs and pointers, of either byte order: system calls are laid out for these. */
const ARCHITECTURES: readonly string[] = ["x64", "arm64", "ppc64", "s390x", "riscv64", "loong64"];

/** keepalived's exit codes for a failed start. */
const EXIT_FATAL = 1;
const EXIT_MISSING_PERMISSION = 4;

/** The capabilities to check. */
export const CHECKED_CAPABILITIES: readonly Capability[] = [
  "CAP_NET_ADMIN",
  "CAP_NET_RAW",
  "CAP_SYS_ADMIN",
  "CAP_SETUID",
  "CAP_SETGID",
  "CAP_KILL",
  "CAP_SYS_NICE",
  "CAP_IPC_LOCK",
];

/** Returns the failed checks, fatal ones first. Without any, the daemon can do all that `needs` requires. */
export function checkStart(facts: StartFacts, needs: StartNeeds): StartFinding[] {
  const missingOf = (...names: Capability[]): Capability[] =>
    names.filter((name) => facts.missing.includes(name));
  const fatal: StartFinding[] = [];
  const warnings: StartFinding[] = [];
  const warn = (missing: readonly Capability[], consequence: string): void => {
    if (missing.length === 0) return;
    const { are, list } = enumerate(missing);
    warnings.push({ grade: "warning", text: `${list} ${are} missing: ${consequence}` });
  };
  const refuse = (missing: readonly Capability[], purpose: string): void => {
    if (missing.length === 0) return;
    const { are, list } = enumerate(missing);
    const names = missing.map((name) => name.slice("CAP_".length));
    const text =
      `Cannot ${purpose}: ${list} ${are} missing. Start as root, or grant the capabilities ` +
      `(systemd: AmbientCapabilities=${missing.join(" ")}; containers: --cap-add=${names.join(" --cap-add=")})`;
    fatal.push({ grade: "fatal", text, exitCode: EXIT_MISSING_PERMISSION });
  };

  if (facts.platform !== "linux" || !ARCHITECTURES.includes(facts.architecture)) {
    const text = `Cannot run on ${facts.platform} ${facts.architecture}: 64-bit Linux is required`;
    fatal.push({ grade: "fatal", text, exitCode: EXIT_FATAL });
  }
  if (isOlder(facts.nodeVersion)) {
    const text = `Cannot run with Node ${facts.nodeVersion}: ${OLDEST_NODE.join(".")} or newer is required`;
    fatal.push({ grade: "fatal", text, exitCode: EXIT_FATAL });
  }
  if (needs.netNamespace) refuse(missingOf("CAP_SYS_ADMIN"), "enter a network namespace");
  if (needs.vrrp) {
    refuse(missingOf("CAP_NET_ADMIN", "CAP_NET_RAW"), "send VRRP packets and set addresses");
    if (!facts.sysctlsWritable) {
      warnings.push({
        grade: "warning",
        text: "/proc/sys/net is read-only: promote_secondaries cannot be set where addresses are leased",
      });
    }
  }
  if (needs.otherUsers) {
    warn(missingOf("CAP_SETUID", "CAP_SETGID"), "scripts of other users will not run");
    if (facts.uid !== 0) warn(missingOf("CAP_KILL"), "scripts of other users cannot be terminated");
  }
  if (needs.scheduling) warn(missingOf("CAP_SYS_NICE"), "priorities cannot be raised");
  if (needs.memoryLock) warn(missingOf("CAP_IPC_LOCK"), "memory cannot be locked");
  return [...fatal, ...warnings];
}

/** The requirements of `config` for the user `self`; `runsVrrp` and `netNamespace` are from the command line. */
export function startNeeds(
  config: Config,
  given: { readonly runsVrrp: boolean; readonly netNamespace: string | undefined },
  self: { readonly uid: number; readonly gid: number },
): StartNeeds {
  const { global } = config;
  const { instances, scripts } = config.vrrp;
  const commands = [
    ...scripts.map(({ command }) => command),
    ...instances.flatMap(({ notify, notifyAny }) => [...Object.values(notify), notifyAny]),
    global.startupScript,
    global.shutdownScript,
    global.notifyFifo?.script,
    global.vrrpNotifyFifo?.script,
  ].filter((command) => command !== undefined);
  const { priority, realtimePriority, noSwap } = global.vrrpProcess;
  return {
    vrrp: given.runsVrrp && instances.length > 0,
    otherUsers: commands.some(({ uid, gid }) => uid !== self.uid || gid !== self.gid),
    netNamespace: (given.netNamespace ?? global.netNamespace) !== undefined,
    scheduling: (priority ?? 0) < 0 || realtimePriority !== undefined,
    memoryLock: noSwap,
  };
}

/** The current facts of this process. */
export function startFacts(): StartFacts {
  return {
    nodeVersion: process.versions.node,
    platform: process.platform,
    architecture: process.arch,
    uid: process.geteuid?.() ?? -1,
    gid: process.getegid?.() ?? -1,
    missing: missingCapabilities(CHECKED_CAPABILITIES),
    sysctlsWritable: !isReadOnly("/proc/sys/net/ipv4/conf/all/promote_secondaries"),
  };
}

function isOlder(version: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [index, oldest] of OLDEST_NODE.entries()) {
    const part = parts[index] ?? 0;
    if (part !== oldest) return !(part > oldest);
  }
  return false;
}

/** True if the mount is read-only. Missing write permission is a matter of capabilities. */
function isReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EROFS";
  }
}

function enumerate(names: readonly string[]): {
  readonly list: string;
  readonly are: "is" | "are";
} {
  return { list: names.join(" and "), are: names.length === 1 ? "is" : "are" };
}
