// A second host for a test: one more network namespace, joined to the test's own by a cable.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { enterNetworkNamespaceAt } from "../../src/os/net/netns.ts";
import { sh, untilRuns } from "./in-namespace.ts";

export interface VethPeer {
  /** The process that keeps the other namespace; it ends by itself after a quarter of an hour. */
  readonly pid: number;
  /** Runs `body` in the other namespace. It must not wait: sockets that it opens stay there. */
  within<T>(body: () => T): T;
  /** Runs one shell command in the other namespace and gives what it printed. */
  sh(command: string): string;
  close(): void;
}

/**
 * Makes the pair: `near` here with `nearAddress`, `far` there with `farAddress` (`192.0.2.1/24`), both up. The caller
 * is in a namespace of its own.
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
  if (holder.stdout === null || holder.pid === undefined) throw new Error("no second namespace");
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
