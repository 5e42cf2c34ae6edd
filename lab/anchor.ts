// The process that keeps the namespaces of a lab host or switch alive. It is PID 1 there: everything in the host dies
// with it, and it dies with the lab.

import { type ChildProcess, spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { argumentsOf, isAlive, listProcesses, namespaceOf, send } from "./processes.ts";

/** A running anchor. */
export interface Anchor {
  /** PID 1 of the host, as seen from outside: use `nsenter -t PID` and /proc/PID/root. */
  readonly pid: number;
  /** Kills the host and everything in it. Synchronous, so it can be called at exit. */
  readonly destroy: () => void;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
}

/** The folder that contains `bin/holdfast` and `dist`. */
export const projectRoot: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

// Runs until killed and reaps orphans as init does.
const stay = "echo ready; while :; do sleep 3600 & wait $!; done";

// The host shares the machine's files but has its own host name, /run, /tmp and /etc. The paths given after the name
// are bind-mounted if they are under /tmp, because the lab runs programs from them.
const hostScript = `
set -e
hostname "$2"
shift 2
mount -t sysfs sysfs /sys 2>/dev/null || :
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/netns /run/.etc /run/.tmp
mount -t tmpfs -o mode=755 tmpfs /run/.etc
cp -a /etc/. /run/.etc/ 2>/dev/null || :
chmod 755 /run/.etc
rm -rf /run/.etc/keepalived /run/.etc/holdfast
mkdir /run/.etc/keepalived /run/.etc/holdfast
mount --move /run/.etc /etc
mount -t tmpfs -o mode=1777 tmpfs /run/.tmp
for path; do
  case $path in /tmp/*)
    mkdir -p "/run/.tmp/\${path#/tmp/}"
    mount --rbind "$path" "/run/.tmp/\${path#/tmp/}"
  esac
done
mount --move /run/.tmp /tmp
rmdir /run/.etc /run/.tmp
ip link set lo up
${stay}
`;

// Multicast snooping is off: without a querier it drops multicast. IPv6 is off: the switch needs no addresses.
const switchScript = `
set -e
echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 || :
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6 || :
ip link add switch type bridge mcast_snooping 0 forward_delay 0
ip link set switch up
${stay}
`;

function keptPaths(): string[] {
  const modules = join(projectRoot, "node_modules");
  const paths = [projectRoot, dirname(process.execPath)];
  try {
    paths.push(realpathSync(modules));
  } catch {
    // No node_modules: nothing in the lab needs it.
  }
  return paths;
}

/** The environment of every program in the lab: UTC timestamps and untranslated output. */
export function labEnvironment(): NodeJS.ProcessEnv {
  const { PATH = "" } = process.env;
  return { ...process.env, PATH: `${PATH}:/usr/sbin:/sbin:/usr/bin:/bin`, TZ: "UTC", LC_ALL: "C" };
}

/** Starts `command`; the kernel kills it when this process dies. Standard output goes to `stdoutTo` (default: a pipe). */
export function spawnBound(command: readonly string[], stdoutTo?: number): ChildProcess {
  return spawn("setpriv", ["--pdeathsig", "KILL", "--", ...command], {
    detached: true,
    env: labEnvironment(),
    stdio: ["ignore", stdoutTo ?? "pipe", "pipe"],
  });
}

/** The name prefix of everything created by the lab in process `pid`. */
export function labPrefix(pid: number = process.pid): string {
  return `hf-${pid}-`;
}

/**
 * Creates the namespaces of a host or a switch and waits until they are ready.
 * Throws an Error with the failing command's output and the privileges needed.
 */
export async function startAnchor(kind: "host" | "switch", name: string): Promise<Anchor> {
  const script = kind === "host" ? hostScript : switchScript;
  const namespaces = ["--net", "--mount", "--uts", "--ipc", "--pid", "--mount-proc"];
  const owner = [`${labPrefix()}${name}`, namespaceOf(process.pid, "pid") ?? ""];
  const words = ["sh", "-c", script, ...owner, name, ...keptPaths()];
  const outer = spawnBound(["unshare", ...namespaces, "--fork", "--kill-child", ...words]);
  const ended = new Promise<void>((resolve) => outer.once("close", () => resolve()));
  const failure = await new Promise<string | undefined>((resolve) => {
    let errorOutput = "";
    outer.once("error", (error) => resolve(error.message));
    outer.stderr?.on("data", (chunk) => {
      errorOutput += String(chunk);
    });
    outer.stdout?.on("data", (chunk) => {
      if (String(chunk).includes("ready")) resolve(undefined);
    });
    outer.once("close", () => resolve(errorOutput.trim() || "the process exited immediately"));
  });
  if (failure !== undefined) {
    throw new Error(
      `lab: cannot create ${kind} ${name}: ${failure}\n` +
        "This needs root with CAP_SYS_ADMIN and CAP_NET_ADMIN, or a kernel with user namespaces enabled.",
    );
  }
  const inner = listProcesses().find((process) => process.parentPid === outer.pid);
  if (inner === undefined) throw new Error(`lab: ${kind} ${name} exited immediately`);
  const destroy = (): void => {
    if (isAlive(inner.pid, inner.startTicks)) send(inner.pid, "SIGKILL");
    outer.kill("SIGKILL");
  };
  return { pid: inner.pid, destroy, ended };
}

/** Kills the hosts of labs whose owner process is dead. Running labs and other users' labs are left alone. */
export function sweepDeadLabs(): void {
  const ourNamespace = namespaceOf(process.pid, "pid");
  for (const { pid } of listProcesses()) {
    const words = argumentsOf(pid);
    const at = words.findIndex((word) => ownerPattern.test(word));
    const owner = ownerPattern.exec(words[at] ?? "")?.[1];
    // The owner's pid is valid only in its own pid namespace: labs inside a container look dead from outside.
    if (owner === undefined || words[at + 1] !== ourNamespace || isAlive(Number(owner))) continue;
    try {
      send(pid, "SIGKILL");
    } catch {
      // No permission: another user's lab.
    }
  }
}

const ownerPattern = /^hf-(\d+)-\S+$/;
