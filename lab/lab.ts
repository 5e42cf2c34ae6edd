// The lab: isolated hosts and switches in network namespaces, with a record of which host held which address when.
// Used by the demo, the tests and the benchmarks. It has no connection to the machine's own network.

import { readFileSync } from "node:fs";
import {
  type AddressChange,
  type Holding,
  holders,
  holdings,
  type Overlap,
  overlaps,
  parseAddressLine,
} from "./address-watch.ts";
import { type Anchor, labPrefix, spawnBound, startAnchor, sweepDeadLabs } from "./anchor.ts";
import { longTimeoutMillis, until } from "./clock.ts";
import { runCommand } from "./command.ts";
import { createHost, type Host, type HostOptions } from "./host.ts";
import { isAlive } from "./processes.ts";
import { SpoolFile } from "./spool-file.ts";
import { NetworkSwitch } from "./switch.ts";

export interface LabOptions {
  /** Part of its process names, e.g. `election`. */
  readonly name: string;
  /** Record all address changes on all hosts. Default true. */
  readonly watchAddresses?: boolean;
  /** Called for each address change. */
  readonly onAddressChange?: (change: AddressChange) => void;
  /** Close the lab and end this process on SIGINT, SIGTERM and SIGHUP. Default true. */
  readonly handleSignals?: boolean;
}

const endSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A lab. Created by `createLab`. Ends with `close` or with this process. */
export class Lab {
  readonly name: string;
  /** All address changes on all hosts so far, in the kernel's order. */
  readonly addressChanges: AddressChange[] = [];
  readonly hosts: Map<string, Host> = new Map();
  readonly #anchors: Anchor[] = [];
  readonly #options: LabOptions;
  readonly #hostOfNsid: Map<number, string> = new Map();
  #watcher: number | undefined;
  /** Error output of the watch: it cannot start, or it lost events. */
  #watchTrouble = "";
  #closing: Promise<void> | undefined;
  readonly #onExit = (): void => this.#destroy();
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    void this.close().then(() => process.kill(process.pid, signal));
  };

  constructor(options: LabOptions) {
    this.name = options.name;
    this.#options = options;
    // Each open lab adds a listener; without this Node warns of a leak.
    process.setMaxListeners(process.getMaxListeners() + 1);
    process.once("exit", this.#onExit);
    if (options.handleSignals === false) return;
    for (const signal of endSignals) process.once(signal, this.#onSignal);
  }

  /** Starts recording address changes. Called once, by `createLab`. */
  async startWatch(): Promise<void> {
    const script =
      "mount -t tmpfs tmpfs /run && mkdir /run/netns && exec ip -o -ts monitor all-nsid address";
    const record = new SpoolFile();
    // High priority if permitted: the kernel drops events that the monitor is too slow to read.
    const prefix = ["nice", "-n", "-20", "unshare", "--net", "--mount"];
    const watcher = spawnBound([...prefix, "sh", "-c", script, this.#label("watch")], record.fd);
    watcher.once("error", (error) => {
      this.#watchTrouble += error.message;
    });
    watcher.stderr?.on("data", (chunk) => {
      this.#watchTrouble += String(chunk);
    });
    record.follow((line) => this.#takeLine(line));
    const pid = watcher.pid;
    const ended = new Promise<void>((resolve) => {
      watcher.once("close", () => {
        record.close();
        resolve();
      });
    });
    await until("the address watch", () => {
      if (pid === undefined || !isAlive(pid)) {
        throw new Error(`lab: cannot watch addresses: ${this.#watchTrouble.trim()}`);
      }
      return isSubscribed(pid) ? true : undefined;
    });
    this.#watcher = pid;
    const destroy = (): void => void watcher.kill("SIGKILL");
    this.#anchors.push({ pid: pid ?? 0, destroy, ended });
  }

  #label(part: string): string {
    return `${labPrefix()}${this.name}-${part}`;
  }

  #takeLine(line: string): void {
    const change = parseAddressLine(line, (nsid) => this.#hostOfNsid.get(nsid));
    if (change === undefined) return;
    this.addressChanges.push(change);
    this.#options.onAddressChange?.(change);
  }

  /** Adds a switch. */
  async addSwitch(name = `switch${this.#anchors.length}`): Promise<NetworkSwitch> {
    const anchor = await startAnchor("switch", name);
    this.#anchors.push(anchor);
    return new NetworkSwitch(name, anchor);
  }

  /** Adds a host without connections. `name` is also its host name. */
  async addHost(name: string, options: HostOptions = {}): Promise<Host> {
    if (this.hosts.has(name)) throw new Error(`lab: host ${name} already exists`);
    const host = await createHost(name, options);
    this.#anchors.push(host.anchor);
    this.hosts.set(name, host);
    if (this.#watcher !== undefined) await this.#watch(this.#watcher, host);
    return host;
  }

  async #watch(watcher: number, host: Host): Promise<void> {
    const nsid = this.hosts.size;
    this.#hostOfNsid.set(nsid, host.name);
    const inWatcher = ["nsenter", "-t", String(watcher), "-n", "-m", "--", "ip", "netns"];
    await runCommand([...inWatcher, "attach", host.name, String(host.anchor.pid)]);
    await runCommand([...inWatcher, "set", host.name, String(nsid)]);
  }

  /** The hosts that currently hold `address` (without prefix length). */
  holders(address: string): string[] {
    return holders(this.addressChanges, address);
  }

  /** The periods in which `address` (default: any) was held. */
  holdings(address?: string): Holding[] {
    return holdings(this.addressChanges, address);
  }

  /** The periods in which several hosts held `address`. */
  overlaps(address: string): Overlap[] {
    return overlaps(this.addressChanges, address);
  }

  /** Waits until exactly these hosts hold `address`. */
  async waitForHolders(
    address: string,
    hosts: readonly (Host | string)[],
    timeoutMillis: number = longTimeoutMillis,
  ): Promise<void> {
    const wanted = hosts.map((host) => (typeof host === "string" ? host : host.name)).sort();
    try {
      await until(
        `${address} on ${wanted.join(" and ") || "no host"}`,
        () => (this.holders(address).sort().join() === wanted.join() ? true : undefined),
        timeoutMillis,
        5,
      );
    } catch (error) {
      const now = this.holders(address).join(" and ") || "no host";
      throw new Error(`${(error as Error).message}; it is on ${now} ${this.#watchTrouble}`.trim());
    }
  }

  #destroy(): void {
    for (const anchor of this.#anchors) anchor.destroy();
    for (const host of this.hosts.values()) host.destroy();
  }

  /** Ends all hosts, switches and programs. May be called repeatedly. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#destroy();
    await Promise.all(this.#anchors.map((anchor) => anchor.ended));
    process.setMaxListeners(process.getMaxListeners() - 1);
    process.removeListener("exit", this.#onExit);
    for (const signal of endSignals) process.removeListener(signal, this.#onSignal);
  }
}

/** Whether `pid` has a netlink socket that is subscribed to a multicast group. */
function isSubscribed(pid: number): boolean {
  try {
    const sockets = readFileSync(`/proc/${pid}/net/netlink`, "utf8").split("\n").slice(1);
    return sockets.some((socket) => /^\S+\s+0\s+[1-9]\d*\s+(?!00000000)/.test(socket));
  } catch {
    return false;
  }
}

/** Creates an empty lab, after removing what crashed labs left behind. End it with `close`. */
export async function createLab(options: LabOptions): Promise<Lab> {
  sweepDeadLabs();
  const lab = new Lab(options);
  try {
    if (options.watchAddresses !== false) await lab.startWatch();
  } catch (error) {
    await lab.close();
    throw error;
  }
  return lab;
}
