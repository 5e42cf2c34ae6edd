// One node under soak: its host, its daemon, its configuration, and what was done to it.

import { join } from "node:path";
import { projectRoot } from "../../lab/anchor.ts";
import { sleep, until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import type { Program } from "../../lab/program.ts";
import type { NodeState } from "./model.ts";

export type DaemonName = "holdfast" | "keepalived";

/** One virtual router, the same on both nodes but for the priority. */
export interface SoakInstance {
  readonly name: string;
  readonly id: number;
  readonly version: 2 | 3;
  readonly advertSeconds: number;
  readonly isUnicast: boolean;
  readonly addresses: readonly string[];
}

/** What is soaked: both versions, multicast and unicast, addresses of a subnet that the hosts are not in, a fast one. */
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
/** Of the instances of version 2. */
export const PASSWORD = "s0ak";
const CONFIG_PATH = "/etc/keepalived/keepalived.conf";

/** Whether a killed or frozen holder of this instance loses its addresses before a peer may take over. */
export function isFenced(instance: SoakInstance): boolean {
  return instance.advertSeconds >= 1;
}

/** The instance that has `address`, without its prefix length. */
export function instanceOf(address: string): SoakInstance | undefined {
  return INSTANCES.find(({ addresses }) => addresses.map(bare).includes(address));
}

/** An address without its prefix length. */
export function bare(address: string): string {
  return address.split("/")[0] ?? "";
}

/** What a node is made of. */
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
  speaks = true;
  hears = true;
  readonly priorities: Map<string, number>;
  /** When its vrrp process was last made to die alone, wall-clock milliseconds, since the daemon was started. */
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
    if (this.#program === undefined) throw new Error(`${this.name} was never started`);
    return this.#program;
  }

  /** The process that speaks VRRP. */
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

  /** Waits until every instance takes part: before that, addresses of an earlier run may stand where they should be. */
  async waitUntilContending(): Promise<void> {
    for (const name of this.priorities.keys()) {
      await this.program.waitForLine(new RegExp(`\\(${name}\\) Entering \\w+ STATE`));
    }
  }

  /** Waits until no process of the daemon is left. */
  async waitUntilGone(): Promise<void> {
    await until(`the last process of ${this.name}'s daemon to end`, () =>
      this.program.processes().length === 0 ? true : undefined,
    );
  }

  /** Ends it in good order. Throws an Error when it does not end so. */
  async stop(): Promise<void> {
    this.isAlive = false;
    const { code, signal } = await this.program.stop();
    if (code !== 0) throw new Error(`${this.name}'s daemon ended by ${signal ?? `status ${code}`}`);
    await this.waitUntilGone();
  }

  /** Has it read its configuration again and waits until it has. */
  async reload(): Promise<void> {
    const from = this.program.lines.length;
    this.program.signal("SIGHUP");
    // A keepalived does not say when it is done.
    if (this.daemon === "keepalived") await sleep(500);
    else await this.program.waitForLine(/Reload complete/, undefined, from);
  }

  /** Writes the configuration of `priorities`, with `extra` at its end. */
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

  /**
   * How many changes of state of fenced instances its daemon told of, since it was started; where a new process began
   * is none.
   */
  transitions(): number {
    const names = INSTANCES.filter(isFenced).map(({ name }) => `(${name})`);
    return this.program.lines.filter(
      ({ text }) => /Entering \w+ STATE$/.test(text) && names.some((name) => text.includes(name)),
    ).length;
  }

  /** The last lines of its daemon, and of the one before, but for those that there are too many of. */
  tail(count: number): string[] {
    const linesOf = (program: Program | undefined): string[] =>
      (program?.lines ?? [])
        .filter(({ text }) => !text.includes("gratuitous ARP"))
        .slice(-count)
        .map(({ at, text }) => `${new Date(at).toISOString().slice(11, 23)} ${text}`);
    return [
      ...linesOf(this.#former),
      `--- started anew on ${this.name}`,
      ...linesOf(this.#program),
    ];
  }
}
