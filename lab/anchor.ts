// The process that holds a lab host's namespaces open. Everything in the host dies with it, and it dies with the lab.

import { type ChildProcess, spawn } from "node:child_process";
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { argumentsOf, isAlive, listProcesses, namespaceOf, send } from "./processes.ts";

/** A running anchor. */
export interface Anchor {
  /** The first process inside: `nsenter -t PID` leads into its namespaces, /proc/PID/root to its files. */
  readonly pid: number;
  /** Ends the host and everything in it, without waiting, so that it also serves at exit. */
  readonly destroy: () => void;
  /** Settles when it is gone. */
  readonly ended: Promise<void>;
}

/** The folder that holds `bin/holdfast` and `dist`, from a file of `dist/lab`. */
export const projectRoot: string = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

// It waits for ever, and waits for orphans as init does.
const stay = "echo ready; while :; do sleep 3600 & wait $!; done";

// The host sees the machine's files, but /run, /tmp, /etc and its name are its own. What the lab itself is
// made of (the arguments after the name) stays reachable when it lies under /tmp.
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

// Snooping off: a bridge that snoops without a querier loses multicast. No addresses of its own.
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
    // None installed: then nothing of it is needed either.
  }
  return paths;
}

/** The environment of everything that runs in the lab: `ip -ts` stamps in UTC, tools speak English. */
export function labEnvironment(): NodeJS.ProcessEnv {
  const { PATH = "" } = process.env;
  return { ...process.env, PATH: `${PATH}:/usr/sbin:/sbin:/usr/bin:/bin`, TZ: "UTC", LC_ALL: "C" };
}

/**
 * Starts `command` so that the kernel kills it when this process dies, however it dies. Its standard output goes to the
 * descriptor `stdoutTo` or a pipe.
 */
export function spawnBound(command: readonly string[], stdoutTo?: number): ChildProcess {
  return spawn("setpriv", ["--pdeathsig", "KILL", "--", ...command], {
    detached: true,
    env: labEnvironment(),
    stdio: ["ignore", stdoutTo ?? "pipe", "pipe"],
  });
}

/** The prefix of the names of everything that the process `pid` made. */
export function labPrefix(pid: number = process.pid): string {
  return `hf-${pid}-`;
}

/**
 * Makes the namespaces of a host or a switch and waits until they are ready.
 * Throws an Error that says what the kernel refused and what privilege that needs.
 */
export async function startAnchor(kind: "host" | "switch", name: string): Promise<Anchor> {
  const script = kind === "host" ? hostScript : switchScript;
  const namespaces = ["--net", "--mount", "--uts", "--ipc", "--pid", "--mount-proc"];
  const owner = [`${labPrefix()}${name}`, namespaceOf(process.pid, "pid") ?? ""];
  const words = ["sh", "-c", script, ...owner, name, ...keptPaths()];
  const outer = spawnBound(["unshare", ...namespaces, "--fork", "--kill-child", ...words]);
  const ended = new Promise<void>((resolve) => outer.once("close", () => resolve()));
  const complaint = await new Promise<string | undefined>((resolve) => {
    let complaints = "";
    outer.once("error", (error) => resolve(error.message));
    outer.stderr?.on("data", (chunk) => {
      complaints += String(chunk);
    });
    outer.stdout?.on("data", (chunk) => {
      if (String(chunk).includes("ready")) resolve(undefined);
    });
    outer.once("close", () => resolve(complaints.trim() || "it ended at once"));
  });
  if (complaint !== undefined) {
    throw new Error(
      `lab: cannot make the ${kind} ${name}: ${complaint}\n` +
        "Namespaces need root with CAP_SYS_ADMIN and CAP_NET_ADMIN, or a kernel that lets users make them.",
    );
  }
  const inner = listProcesses().find((process) => process.parentPid === outer.pid);
  if (inner === undefined) throw new Error(`lab: the ${kind} ${name} ended at once`);
  const destroy = (): void => {
    if (isAlive(inner.pid, inner.startTicks)) send(inner.pid, "SIGKILL");
    outer.kill("SIGKILL");
  };
  return { pid: inner.pid, destroy, ended };
}

/** Ends the hosts of labs whose own process is dead. A lab that lives, or that is another's, is left alone. */
export function sweepDeadLabs(): void {
  const ourNamespace = namespaceOf(process.pid, "pid");
  for (const { pid } of listProcesses()) {
    const words = argumentsOf(pid);
    const at = words.findIndex((word) => ownerPattern.test(word));
    const owner = ownerPattern.exec(words[at] ?? "")?.[1];
    // A pid means something only where it was given: a container's labs look dead from outside.
    if (owner === undefined || words[at + 1] !== ourNamespace || isAlive(Number(owner))) continue;
    try {
      send(pid, "SIGKILL");
    } catch {
      // Another user's: not ours to end.
    }
  }
}

const ownerPattern = /^hf-(\d+)-\S+$/;
