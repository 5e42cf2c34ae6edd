// A second host for a test: another network namespace, connected to the test's own by a veth pair.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { enterNetworkNamespaceAt } from "../../src/os/net/netns.ts";
import { sh, untilRuns } from "./in-namespace.ts";

export interface VethPeer {
  /** The process that holds the other namespace; it exits after a quarter of an hour. */
  readonly pid: number;
  /** Runs `body`, which must be synchronous, in the other namespace. Sockets it opens stay there. */
  within<T>(body: () => T): T;
  /** Runs a shell command in the other namespace and returns its output. */
  sh(command: string): string;
  close(): void;
}

/**
 * Creates the pair: `near` in this namespace with `nearAddress`, `far` in the other with `farAddress` (`192.0.2.1/24`),
 * both up. The caller must be in its own namespace.
 */
export async function openVethPeer(
  near: string,
  nearAddress: string,
  far: string,
  farAddress: string,
): Promise<VethPeer> {
  const holder: ChildProcess = spawn(
    "unshare",
    ["-n", "setpriv", "--pdeathsig", "KILL", "sh", "-c", "echo ready; exec sleep 900"],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  if (holder.stdout === null || holder.pid === undefined) throw new Error("cannot run unshare");
  const { pid } = holder;
  const own = openSync("/proc/self/ns/net", "r");
  const inside = `nsenter -t ${pid} -n`;
  await once(holder.stdout, "data");
  try {
    sh(`ip link add ${near} type veth peer name ${far} netns ${pid}
      ip address add ${nearAddress} dev ${near}
      ip link set ${near} up
      ${inside} ip address add ${farAddress} dev ${far}
      ${inside} ip link set lo up
      ${inside} ip link set ${far} up
      ${untilRuns(near)}
      ${inside} sh -ec '${untilRuns(far)}'`);
  } catch (error) {
    closeSync(own);
    holder.kill("SIGKILL");
    throw error;
  }
  return {
    pid,
    within(body) {
      enterNetworkNamespaceAt(`/proc/${pid}/ns/net`);
      try {
        return body();
      } finally {
        enterNetworkNamespaceAt(`/proc/self/fd/${own}`);
      }
    },
    sh: (command) => sh(`${inside} sh -ec '${command}'`),
    close: () => {
      closeSync(own);
      holder.kill("SIGKILL");
    },
  };
}
