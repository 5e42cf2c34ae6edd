// The lab: hosts and switches on one machine, with a record of who held which address when. It is shared by
// the demo, the tests and the benchmarks. Nothing in it has a way out of it.

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
import { patienceMillis, until } from "./clock.ts";
import { runCommand } from "./command.ts";
import { createHost, type Host, type HostOptions } from "./host.ts";
import { isAlive } from "./processes.ts";
import { SpoolFile } from "./spool-file.ts";
import { NetworkSwitch } from "./switch.ts";

export interface LabOptions {
  /** Of the lab, for its processes' names: `election`. */
  readonly name: string;
  /** Record every address change of every host. Default true. */
  readonly watchAddresses?: boolean;
  /** Called for every address change as it comes. */
  readonly onAddressChange?: (change: AddressChange) => void;
  /** Close the lab and end this process on SIGINT, SIGTERM and SIGHUP. Default true. */
  readonly handleSignals?: boolean;
}

const endSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A lab. Made by `createLab`; ended by `close`, by the death of this process at the latest. */
export class Lab {
  readonly name: string;
  /** Every change of an address on any host so far, in the kernel's order. */
  readonly addressChanges: AddressChange[] = [];
  readonly hosts: Map<string, Host> = new Map();
  readonly #anchors: Anchor[] = [];
  readonly #options: LabOptions;
  readonly #hostOfNsid: Map<number, string> = new Map();
  #watcher: number | undefined;
  /** What the watch complained of: that it cannot begin, or lost something. */
  #watchTrouble = "";
  #closing: Promise<void> | undefined;
  readonly #onExit = (): void => this.#destroy();
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    void this.close().then(() => process.kill(process.pid, signal));
  };

  constructor(options: LabOptions) {
    this.name = options.name;
    this.#options = options;
    // However many labs are open side by side, it is no leak.
    process.setMaxListeners(process.getMaxListeners() + 1);
    process.once("exit", this.#onExit);
    if (options.handleSignals === false) return;
    for (const signal of endSignals) process.once(signal, this.#onSignal);
  }

  /** Starts the record of addresses. Called once, by `createLab`. */
  async startWatch(): Promise<void> {
    const script =
      "mount -t tmpfs tmpfs /run && mkdir /run/netns && exec ip -o -ts monitor all-nsid address";
    const record = new SpoolFile();
    // Before others, where that is allowed: what it is too slow for, the kernel does not keep.
    const first = ["nice", "-n", "-20", "unshare", "--net", "--mount"];
    const watcher = spawnBound([...first, "sh", "-c", script, this.#label("watch")], record.fd);
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

  /** Adds a host without any cable. Its name is its host name too. */
  async addHost(name: string, options: HostOptions = {}): Promise<Host> {
    if (this.hosts.has(name)) throw new Error(`lab: there is a host ${name} already`);
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

  /** The hosts that hold `address` (without prefix length) now. */
  holders(address: string): string[] {
    return holders(this.addressChanges, address);
  }

  /** Who held `address` (or any) from when to when. */
  holdings(address?: string): Holding[] {
    return holdings(this.addressChanges, address);
  }

  /** The times in which two hosts held `address` at once. */
  overlaps(address: string): Overlap[] {
    return overlaps(this.addressChanges, address);
  }

  /** Waits until exactly these hosts hold `address`. */
  async waitForHolders(
    address: string,
    hosts: readonly (Host | string)[],
    timeoutMillis: number = patienceMillis,
  ): Promise<void> {
    const wanted = hosts.map((host) => (typeof host === "string" ? host : host.name)).sort();
    try {
      await until(
        `${address} on ${wanted.join(" and ") || "nobody"}`,
        () => (this.holders(address).sort().join() === wanted.join() ? true : undefined),
        timeoutMillis,
        5,
      );
    } catch (error) {
      const now = this.holders(address).join(" and ") || "nobody";
      throw new Error(`${(error as Error).message}; it is on ${now} ${this.#watchTrouble}`.trim());
    }
  }

  #destroy(): void {
    for (const anchor of this.#anchors) anchor.destroy();
    for (const host of this.hosts.values()) host.destroy();
  }

  /** Ends every host, switch and program. May be called twice. */
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

/** Whether the netlink socket of `pid` listens to anything yet. */
function isSubscribed(pid: number): boolean {
  try {
    const sockets = readFileSync(`/proc/${pid}/net/netlink`, "utf8").split("\n").slice(1);
    return sockets.some((socket) => /^\S+\s+0\s+[1-9]\d*\s+(?!00000000)/.test(socket));
  } catch {
    return false;
  }
}

/** Makes an empty lab, after clearing away what dead ones left. Ended by `close`. */
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
