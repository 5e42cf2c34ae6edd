// A lab host: network, process and mount namespaces with their own /run, /tmp and /etc.

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Anchor, labEnvironment, startAnchor } from "./anchor.ts";
import { until } from "./clock.ts";
import { type RunOptions, type RunResult, runCommand } from "./command.ts";
import { Program, type SpawnOptions } from "./program.ts";
import type { NetworkSwitch } from "./switch.ts";

export interface HostOptions {
  /** Create the user and group keepalived_script. Default false. */
  readonly keepalivedScriptUser?: boolean;
}

export interface CableOptions {
  /** The name of the interface in the host, e.g. `ens39`. */
  readonly interface: string;
  /** With prefix length, e.g. `192.168.7.1/24`. */
  readonly address?: string | readonly string[];
}

const scriptUser = "keepalived_script";

/** A host. Created by `Lab.addHost`. */
export class Host {
  readonly name: string;
  readonly anchor: Anchor;
  readonly #cables: Map<string, { network: NetworkSwitch; port: string }> = new Map();
  readonly #programs: Program[] = [];

  constructor(name: string, anchor: Anchor) {
    this.name = name;
    this.anchor = anchor;
  }

  /** The command prefix that runs a command inside this host. */
  get enter(): readonly string[] {
    return ["nsenter", "-t", String(this.anchor.pid), "-n", "-m", "-u", "-i", "-p", "--"];
  }

  /** The path from outside of a path in the host. Absolute symbolic links on it resolve outside the host. */
  path(path: string): string {
    return `/proc/${this.anchor.pid}/root${path}`;
  }

  /** Runs a command in the host to completion. */
  run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return runCommand([...this.enter, ...argv], options);
  }

  /** Runs ip(8) commands in one process. With `force` it continues after a failed command. */
  ipBatch(
    commands: readonly string[],
    options: { readonly force?: boolean } = {},
  ): Promise<RunResult> {
    const { force = false } = options;
    const words = ["ip", ...(force ? ["-force"] : []), "-batch", "-"];
    return this.run(words, { input: `${commands.join("\n")}\n`, mayFail: force });
  }

  /** Starts a program in the host. */
  spawn(argv: readonly string[], options: SpawnOptions = {}): Program {
    const tag = `${this.anchor.pid}-${this.#programs.length + 1}`;
    const env = { ...labEnvironment(), ...options.env };
    const program = new Program(this.enter, this.anchor.pid, argv, tag, { ...options, env });
    this.#programs.push(program);
    return program;
  }

  /** Kills everything in the host, and the processes outside that entered it. Does not wait. */
  destroy(): void {
    this.anchor.destroy();
    for (const program of this.#programs) program.abandon();
  }

  /** Writes a file in the host and creates its folders. Scripts need mode 0o755. */
  write(path: string, text: string, mode = 0o644): void {
    const outside = this.path(path);
    mkdirSync(dirname(outside), { recursive: true });
    writeFileSync(outside, text);
    chmodSync(outside, mode);
  }

  /** Reads a text file in the host. */
  read(path: string): string {
    return readFileSync(this.path(path), "utf8");
  }

  /** Removes a file or folder in the host, if it exists. */
  remove(path: string): void {
    rmSync(this.path(path), { recursive: true, force: true });
  }

  /** Adds an interface to this host and connects it to `network`. */
  async connect(network: NetworkSwitch, options: CableOptions): Promise<void> {
    const port = await network.attach(this.name, this.anchor.pid, options.interface);
    this.#cables.set(options.interface, { network, port });
    const addresses = [options.address ?? []].flat();
    const commands = addresses.map((address) => `address add ${address} dev ${options.interface}`);
    commands.push(`link set ${options.interface} up`);
    await this.ipBatch(commands);
    const state = this.path(`/sys/class/net/${options.interface}/operstate`);
    // The kernel updates the state asynchronously. /sys may not be mounted.
    await until(`${options.interface} of ${this.name} to come up`, () =>
      !existsSync(state) || readFileSync(state, "latin1") === "up\n" ? true : undefined,
    );
  }

  #cable(name: string | undefined): { network: NetworkSwitch; port: string } {
    const [first] = this.#cables.values();
    const cable = name === undefined ? first : this.#cables.get(name);
    if (cable === undefined) throw new Error(`${this.name} has no cable ${name ?? ""}`);
    return cable;
  }

  /** Removes the carrier of an interface (default: the first one). */
  async pullCable(name?: string): Promise<void> {
    const { network, port } = this.#cable(name);
    await network.setPort(port, "down");
  }

  /** Restores the carrier. */
  async plugCable(name?: string): Promise<void> {
    const { network, port } = this.#cable(name);
    await network.setPort(port, "up");
  }

  /** Drops an IP protocol (112 is VRRP) in this host's firewall. Replaces an earlier drop. */
  async dropProtocol(protocol: number, direction: "both" | "in" | "out" = "both"): Promise<void> {
    const chain = (name: string, hook: string): string =>
      `chain ${name} { type filter hook ${hook} priority -300; meta l4proto ${protocol} drop; }`;
    const chains = [
      ...(direction === "out" ? [] : [chain("in", "input")]),
      ...(direction === "in" ? [] : [chain("out", "output")]),
    ];
    await this.liftDrops();
    await this.run(["nft", "-f", "-"], { input: `table inet lab {\n${chains.join("\n")}\n}\n` });
  }

  /** Removes the rules of `dropProtocol`. */
  async liftDrops(): Promise<void> {
    await this.run(["nft", "delete", "table", "inet", "lab"], { mayFail: true });
  }

  /** The addresses of an interface, with prefix lengths. */
  async addressesOf(name: string): Promise<string[]> {
    const { stdout } = await this.run(["ip", "-o", "address", "show", "dev", name]);
    return [...stdout.matchAll(/inet6? (\S+)/g)].map((match) => match[1] ?? "");
  }
}

/** Creates a host with only a loopback interface. */
export async function createHost(name: string, options: HostOptions): Promise<Host> {
  const host = new Host(name, await startAnchor("host", name));
  const isRootOnly = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/)[2] === "1";
  // In a user namespace that maps only root, keepalived_script is another name for root.
  const id = isRootOnly ? 0 : 64_112;
  for (const [file, entry] of [
    ["/etc/passwd", `${scriptUser}:x:${id}:${id}::/nonexistent:/usr/sbin/nologin`],
    ["/etc/group", `${scriptUser}:x:${id}:`],
  ] as const) {
    const lines = host.read(file).split("\n");
    const kept = lines.filter((line) => line !== "" && !line.startsWith(`${scriptUser}:`));
    if (options.keepalivedScriptUser === true) kept.push(entry);
    host.write(file, `${kept.join("\n")}\n`);
  }
  return host;
}
