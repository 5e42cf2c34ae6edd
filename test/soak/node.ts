// One node under soak: its host, its daemon, its configuration and its state.

import { join } from "node:path";
import { projectRoot } from "../../lab/anchor.ts";
import { sleep, until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import type { Program } from "../../lab/program.ts";
import type { NodeState } from "./model.ts";

export type DaemonName = "holdfast" | "keepalived";

/** A virtual router, configured alike on both nodes except for the priority. */
export interface SoakInstance {
  readonly name: string;
  readonly id: number;
  readonly version: 2 | 3;
  readonly advertSeconds: number;
  readonly isUnicast: boolean;
  readonly addresses: readonly string[];
}

/** The virtual routers: both versions, multicast and unicast, subnets without an own address, a short interval. */
export const INSTANCES: readonly SoakInstance[] = [
  {
    name: "VI_1",
    id: 51,
    version: 2,
    advertSeconds: 1,
    isUnicast: false,
    addresses: ["192.0.2.101/24", "192.0.2.102/24"],
  },
  {
    name: "VI_2",
    id: 52,
    version: 3,
    advertSeconds: 1,
    isUnicast: false,
    addresses: ["10.52.0.1/24", "10.52.0.2/24"],
  },
  {
    name: "VI_3",
    id: 53,
    version: 3,
    advertSeconds: 1,
    isUnicast: true,
    addresses: ["10.53.0.1/32"],
  },
  {
    name: "VI_FAST",
    id: 54,
    version: 3,
    advertSeconds: 0.5,
    isUnicast: false,
    addresses: ["10.54.0.1/24"],
  },
];

export const INTERFACE = "eth0";
/** Password of the version 2 instances. */
export const PASSWORD = "s0ak";
const CONFIG_PATH = "/etc/keepalived/keepalived.conf";

/** Whether a killed or frozen holder loses its addresses before a peer may take over. */
export function isFenced(instance: SoakInstance): boolean {
  return instance.advertSeconds >= 1;
}

/** The instance with the address `address` (without prefix length). */
export function instanceOf(address: string): SoakInstance | undefined {
  return INSTANCES.find(({ addresses }) => addresses.map(bare).includes(address));
}

/** Removes the prefix length. */
export function bare(address: string): string {
  return address.split("/")[0] ?? "";
}

/** Parameters of a node. */
export interface SoakNodeOptions {
  readonly host: Host;
  readonly daemon: DaemonName;
  readonly own: string;
  readonly peer: string;
  readonly priorities: ReadonlyMap<string, number>;
}

export class SoakNode implements NodeState {
  readonly host: Host;
  readonly daemon: DaemonName;
  isAlive = false;
  hasCable = true;
  canSend = true;
  canReceive = true;
  readonly priorities: Map<string, number>;
  /** When its vrrp process was last killed alone, in wall-clock milliseconds; undefined after a start of the daemon. */
  childDiedAt: number | undefined;
  /** Its own address. */
  readonly own: string;
  readonly #peer: string;
  #program: Program | undefined;
  #former: Program | undefined;

  constructor({ host, daemon, own, peer, priorities }: SoakNodeOptions) {
    this.host = host;
    this.daemon = daemon;
    this.own = own;
    this.#peer = peer;
    this.priorities = new Map(priorities);
  }

  get name(): string {
    return this.host.name;
  }

  get keepsWhenDead(): boolean {
    return this.daemon === "keepalived";
  }

  /** The daemon that was started last. */
  get program(): Program {
    if (this.#program === undefined) throw new Error(`${this.name} was not started`);
    return this.#program;
  }

  /** The pid of the vrrp process. */
  childPid(): number {
    const child = this.program.processes().find((entry) => entry.parentPid === this.program.pid);
    if (child === undefined) throw new Error(`${this.name} has no vrrp process`);
    return child.pid;
  }

  start(): void {
    this.writeConfig();
    const argv =
      this.daemon === "keepalived"
        ? ["keepalived"]
        : [process.execPath, join(projectRoot, "bin/holdfast")];
    this.#former = this.#program;
    this.#program = this.host.spawn([...argv, "-n", "-l", "-D", "-f", CONFIG_PATH]);
    this.childDiedAt = undefined;
    this.isAlive = true;
  }

  /** Waits until every instance is running: before that, addresses may be left over from an earlier run. */
  async waitUntilContending(): Promise<void> {
    for (const name of this.priorities.keys()) {
      await this.program.waitForLine(new RegExp(`\\(${name}\\) Entering \\w+ STATE`));
    }
  }

  /** Waits until no process of the daemon is left. */
  async waitUntilGone(): Promise<void> {
    await until(`the exit of all processes of ${this.name}'s daemon`, () =>
      this.program.processes().length === 0 ? true : undefined,
    );
  }

  /** Stops the daemon. Throws an Error unless it exits with status 0. */
  async stop(): Promise<void> {
    this.isAlive = false;
    const { code, signal } = await this.program.stop();
    if (code !== 0) throw new Error(`${this.name}'s daemon exited: ${signal ?? `status ${code}`}`);
    await this.waitUntilGone();
  }

  /** Reloads the configuration and waits until that is done. */
  async reload(): Promise<void> {
    const from = this.program.lines.length;
    this.program.signal("SIGHUP");
    // keepalived does not log the end of a reload.
    if (this.daemon === "keepalived") await sleep(500);
    else await this.program.waitForLine(/Reload complete/, undefined, from);
  }

  /** Writes the configuration for `priorities`, followed by `extra`. */
  writeConfig(extra = ""): void {
    const blocks = INSTANCES.flatMap((instance) => this.#renderInstance(instance));
    this.host.write(
      CONFIG_PATH,
      `global_defs {\n  router_id ${this.name}\n}\n${blocks.join("")}${extra}`,
    );
  }

  #renderInstance(instance: SoakInstance): string[] {
    const priority = this.priorities.get(instance.name);
    if (priority === undefined) return [];
    const lines = [
      `vrrp_instance ${instance.name} {`,
      `  state BACKUP`,
      `  interface ${INTERFACE}`,
      `  virtual_router_id ${instance.id}`,
      `  version ${instance.version}`,
      `  priority ${priority}`,
      `  advert_int ${instance.advertSeconds}`,
    ];
    if (instance.version === 2) {
      lines.push(`  authentication {\n    auth_type PASS\n    auth_pass ${PASSWORD}\n  }`);
    }
    if (instance.isUnicast) {
      lines.push(`  unicast_src_ip ${this.own}`, `  unicast_peer {\n    ${this.#peer}\n  }`);
    }
    const addresses = instance.addresses.map((address) => `    ${address}`);
    lines.push("  virtual_ipaddress {", ...addresses, "  }", "}", "");
    return [lines.join("\n")];
  }

  /** The number of logged transitions of fenced instances since the daemon's start, without initial states. */
  transitions(): number {
    const names = INSTANCES.filter(isFenced).map(({ name }) => `(${name})`);
    return this.program.lines.filter(
      ({ text }) => /Entering \w+ STATE$/.test(text) && names.some((name) => text.includes(name)),
    ).length;
  }

  /** The last lines of its daemon and of the former one, without gratuitous ARPs. */
  tail(count: number): string[] {
    const linesOf = (program: Program | undefined): string[] =>
      (program?.lines ?? [])
        .filter(({ text }) => !text.includes("gratuitous ARP"))
        .slice(-count)
        .map(({ at, text }) => `${new Date(at).toISOString().slice(11, 23)} ${text}`);
    return [...linesOf(this.#former), `--- restarted on ${this.name}`, ...linesOf(this.#program)];
  }
}
