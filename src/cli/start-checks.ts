// What must be so before the daemon starts, found out and said before anything is half done.

import { accessSync, constants } from "node:fs";
import type { Config } from "../config/config.ts";
import { type Capability, missingCapabilities } from "../os/process/process-control.ts";

/** What this process and this machine are. */
export interface StartFacts {
  /** `20.19.0`. */
  readonly nodeVersion: string;
  /** Node's names: `linux`, `x64`. */
  readonly platform: string;
  readonly architecture: string;
  readonly uid: number;
  readonly gid: number;
  readonly missing: readonly Capability[];
  /** Whether /proc/sys/net can be written: containers often mount it read-only. */
  readonly sysctlsWritable: boolean;
}

/** What a configuration asks for. */
export interface StartNeeds {
  readonly vrrp: boolean;
  /** Scripts of other users than the daemon's. */
  readonly otherUsers: boolean;
  readonly netNamespace: boolean;
  /** A nice value below zero or a real-time priority. */
  readonly scheduling: boolean;
  readonly memoryLock: boolean;
}

/** One thing that is not as it should be; with an exit code the daemon must not start. */
export type StartFinding =
  | { readonly grade: "fatal"; readonly text: string; readonly exitCode: 1 | 4 }
  | { readonly grade: "warning"; readonly text: string };

const OLDEST_NODE = [20, 19, 0] as const;
/** Little- and big-endian machines with 64-bit longs and pointers: system calls are laid out for these. */
const ARCHITECTURES: readonly string[] = ["x64", "arm64", "ppc64", "s390x", "riscv64", "loong64"];

/** keepalived's codes for a start that cannot be. */
const EXIT_FATAL = 1;
const EXIT_MISSING_PERMISSION = 4;

/** The privileges that are looked for. */
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

/** Everything that is wrong, the fatal first. Without findings the daemon can do what `needs` says. */
export function checkStart(facts: StartFacts, needs: StartNeeds): StartFinding[] {
  const lacks = (...names: Capability[]): Capability[] =>
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
      `Cannot ${purpose}: ${list} ${are} missing. Start as root, or give them to the program ` +
      `(systemd: AmbientCapabilities=${missing.join(" ")}; containers: --cap-add=${names.join(" --cap-add=")})`;
    fatal.push({ grade: "fatal", text, exitCode: EXIT_MISSING_PERMISSION });
  };

  if (facts.platform !== "linux" || !ARCHITECTURES.includes(facts.architecture)) {
    const text = `Cannot run on ${facts.platform} ${facts.architecture}: a 64-bit Linux is needed`;
    fatal.push({ grade: "fatal", text, exitCode: EXIT_FATAL });
  }
  if (isOlder(facts.nodeVersion)) {
    const text = `Cannot run with Node ${facts.nodeVersion}: ${OLDEST_NODE.join(".")} or newer is needed`;
    fatal.push({ grade: "fatal", text, exitCode: EXIT_FATAL });
  }
  if (needs.netNamespace) refuse(lacks("CAP_SYS_ADMIN"), "enter a network namespace");
  if (needs.vrrp) {
    refuse(lacks("CAP_NET_ADMIN", "CAP_NET_RAW"), "send VRRP packets and set addresses");
    if (!facts.sysctlsWritable) {
      warnings.push({
        grade: "warning",
        text: "/proc/sys/net is read-only: promote_secondaries cannot be set where addresses are leased",
      });
    }
  }
  if (needs.otherUsers) {
    warn(lacks("CAP_SETUID", "CAP_SETGID"), "scripts of other users will not run");
    if (facts.uid !== 0) warn(lacks("CAP_KILL"), "scripts of other users cannot be ended");
  }
  if (needs.scheduling) warn(lacks("CAP_SYS_NICE"), "priorities cannot be raised");
  if (needs.memoryLock) warn(lacks("CAP_IPC_LOCK"), "memory cannot be locked");
  return [...fatal, ...warnings];
}

/** What `config` asks for, run by `self`; `runsVrrp` and `netNamespace` as the command line has them. */
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

/** The facts of this process, as they are now. */
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

/** By its mount: whether this process may write there is a matter of its capabilities. */
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
