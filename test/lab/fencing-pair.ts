// The pair used by the fencing tests: five addresses in three instances whose adverts are sent at different times, and
// a backup of priority 254 or 253, which waits the shortest possible time before it takes over.

import assert from "node:assert/strict";

import { longTimeoutMillis, until, wallMillis } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { listProcesses, type ProcessInfo } from "../../lab/processes.ts";
import type { OutputLine, Program } from "../../lab/program.ts";
import type { NetworkSwitch } from "../../lab/switch.ts";
import { startHoldfast } from "./daemons.ts";

/** The path of each node's configuration. */
export const configFile = "/etc/holdfast/holdfast.conf";

interface FloatingInstance {
  readonly name: string;
  readonly virtualRouterId: number;
  readonly addresses: readonly string[];
  /** Priorities on r1 and r2. Only the first instance preempts. */
  readonly priorities: readonly [number, number];
}

/**
 * r1's priorities differ so that its instances become MASTER, and later renew their leases, at different times. The
 * second instance uses a subnet in which the hosts have no address.
 */
export const instances: readonly FloatingInstance[] = [
  {
    name: "VI_1",
    virtualRouterId: 11,
    addresses: ["192.168.7.101/24", "192.168.7.102/24"],
    priorities: [254, 253],
  },
  {
    name: "VI_2",
    virtualRouterId: 12,
    addresses: ["10.9.0.1/24", "10.9.0.2/24"],
    priorities: [200, 254],
  },
  {
    name: "VI_3",
    virtualRouterId: 13,
    addresses: ["10.9.1.1/32"],
    priorities: [100, 253],
  },
];

export const instanceNames: readonly string[] = instances.map(({ name }) => name);

/** All floating addresses, without prefix lengths. */
export const floating: readonly string[] = instances.flatMap(({ addresses }) =>
  addresses.map((address) => address.split("/")[0] ?? ""),
);

export interface NodeOptions {
  /** Lines for global_defs, e.g. `vip_lease off`. */
  readonly global?: string;
  /** Lines for every instance, e.g. `version 3`. */
  readonly instance?: string;
  /** Default 1. */
  readonly advertSeconds?: number;
}

/** The configuration of r1 (`node` 0) or r2. */
export function pairConfig(node: 0 | 1, options: NodeOptions = {}): string {
  const { global = "", instance = "", advertSeconds = 1 } = options;
  const blocks = instances.map(({ name, virtualRouterId, addresses, priorities }, index) => {
    return `vrrp_instance ${name} {
    state BACKUP
    interface eth0
    virtual_router_id ${virtualRouterId}
    priority ${priorities[node]}
    advert_int ${advertSeconds}
    ${index === 0 ? "" : "nopreempt"}
    ${instance}
    virtual_ipaddress {
        ${addresses.join("\n        ")}
    }
}
`;
  });
  return `global_defs {
    router_id ${node === 0 ? "r1" : "r2"}
    ${global}
}
${blocks.join("")}`;
}

/** Starts the daemon on `host` with the configuration at `configFile`. */
export function startDaemon(host: Host, options: readonly string[] = []): Program {
  return startHoldfast(host, ["-n", "-l", "-D", ...options, "-f", configFile]);
}

/** The vrrp child of a running daemon; undefined if it has none. */
export function childOf(daemon: Program): ProcessInfo | undefined {
  const { pid } = daemon;
  return listProcesses().find(({ parentPid, state }) => parentPid === pid && state !== "Z");
}

/** Waits for a vrrp child with a pid other than `former`. */
export function waitForChild(daemon: Program, former?: number): Promise<ProcessInfo> {
  return until("a vrrp child", () => {
    const child = childOf(daemon);
    return child?.pid === former ? undefined : child;
  });
}

/** The transitions that a daemon has logged at line `from` or later, e.g. `VI_1 MASTER`. */
export function transitions(daemon: Program, from = 0): string[] {
  return daemon.lines.slice(from).flatMap(({ text }) => {
    const match = /\((\w+)\) Entering (\w+) STATE/.exec(text);
    return match === null ? [] : [`${match[1]} ${match[2]}`];
  });
}

/**
 * Waits until a daemon has logged as many transitions as `wanted`, at line `from` or later, and asserts that they are
 * the same, in any order.
 */
export async function waitForTransitions(
  daemon: Program,
  wanted: readonly string[],
  from = 0,
): Promise<void> {
  await until(
    `the transitions ${wanted.join(", ")}`,
    () => transitions(daemon, from).length >= wanted.length || undefined,
  ).catch(() => undefined);
  assert.deepEqual(transitions(daemon, from).sort(), [...wanted].sort());
}

/** Waits until a new vrrp process has resumed the state of these instances. Fails if one starts as BACKUP instead. */
export async function waitUntilResumed(
  daemon: Program,
  from: number,
  resumed: readonly string[] = instanceNames,
): Promise<void> {
  for (const name of resumed) {
    const either = new RegExp(`\\(${name}\\) (?:still MASTER|Entering BACKUP STATE)`);
    const { text } = await daemon.waitForLine(either, undefined, from);
    assert.match(text, /still MASTER/, daemon.text());
  }
}

/** Waits until all instances of a vrrp process have started without earlier state, at line `from` or later. */
export async function waitUntilStarted(daemon: Program, from: number): Promise<void> {
  for (const name of instanceNames) {
    const started = new RegExp(`\\(${name}\\) Entering BACKUP STATE \\(init\\)`);
    await daemon.waitForLine(started, undefined, from);
  }
}

/** Waits until a backup has received the resignation (priority 0) of every instance. */
export async function waitForResignations(backup: Program): Promise<void> {
  for (const name of instanceNames) {
    await backup.waitForLine(new RegExp(`\\(${name}\\) Backup received priority 0`));
  }
}

/** The matching lines of a daemon at line `from` or later. */
export function linesOf(daemon: Program, pattern: RegExp, from = 0): OutputLine[] {
  return daemon.lines.slice(from).filter(({ text }) => pattern.test(text));
}

interface TestContext {
  after(body: () => Promise<void>): void;
}

/** A lab with two nodes on a switch. No daemon is started. */
export class FencingPair {
  readonly lab: Lab;
  readonly network: NetworkSwitch;
  readonly r1: Host;
  readonly r2: Host;

  constructor(lab: Lab, network: NetworkSwitch, r1: Host, r2: Host) {
    this.lab = lab;
    this.network = network;
    this.r1 = r1;
    this.r2 = r2;
  }

  /** Waits until exactly these hosts hold every floating address. */
  async waitForHolders(
    hosts: readonly Host[],
    timeoutMillis?: number,
    addresses: readonly string[] = floating,
  ): Promise<void> {
    for (const address of addresses) await this.lab.waitForHolders(address, hosts, timeoutMillis);
  }

  /** Waits until r1 has preempted r2 in the first instance, and asserts that r2 keeps the others. */
  async waitForPreemption(): Promise<void> {
    await this.waitForHolders([this.r1], undefined, floating.slice(0, 2));
    await this.waitForHolders([this.r2], 0, floating.slice(2));
  }

  /** Waits until r1 has lost the addresses once, even if another host holds them by now. */
  async waitUntilLost(addresses: readonly string[] = floating): Promise<void> {
    for (const address of addresses) {
      await until(`the removal of ${address}`, () => this.lab.holdings(address)[0]?.to);
    }
  }

  /** Starts r1, waits until it holds every address, and starts r2, which becomes the backup. */
  async start(options: readonly string[] = []): Promise<{ first: Program; second: Program }> {
    const first = startDaemon(this.r1, options);
    await this.waitForHolders([this.r1]);
    const second = startDaemon(this.r2, options);
    for (const { name } of instances) {
      await second.waitForLine(new RegExp(`\\(${name}\\) master set to 192\\.168\\.7\\.1`));
    }
    return { first, second };
  }

  /** Asserts that no floating address was ever held by both hosts. */
  assertNoOverlap(addresses: readonly string[] = floating): void {
    assert.deepEqual(
      addresses.flatMap((address) => this.lab.overlaps(address)),
      [],
    );
  }

  /** Asserts for longer than a backup waits that no daemon logs a transition and that no floating address moves. */
  async assertNothingMoves(...daemons: readonly LinesFrom[]): Promise<void> {
    await assertNoTransition(3_500, ...daemons);
    for (const address of floating) {
      assert.equal(this.lab.holdings(address).length, 1, `${address} never moved`);
    }
  }

  /** How long each floating address was on neither host before r2 had it; milliseconds. */
  gaps(): number[] {
    return floating.map((address) => {
      const [mine, theirs] = this.lab.holdings(address);
      return (theirs?.from ?? Number.NaN) - (mine?.to ?? Number.NaN);
    });
  }

  /** How long each floating address stayed on r1 after it was last set or renewed; milliseconds. */
  ages(): number[] {
    return floating.map((address) => {
      const changes = this.lab.addressChanges.filter(
        (change) => change.address === address && change.host === this.r1.name,
      );
      const end = changes.find(({ kind }) => kind === "removed")?.at ?? Number.NaN;
      // When the kernel promotes a secondary address it sends a notification too, which is no renewal.
      const renewals = changes.filter(({ kind, at }) => kind === "added" && at < end - 100);
      return end - (renewals.at(-1)?.at ?? Number.NaN);
    });
  }
}

/** Builds the pair with its configurations. The lab is closed at the end of the test. */
export async function buildPair(
  test: TestContext,
  name: string,
  options: NodeOptions = {},
): Promise<FencingPair> {
  const lab = await createLab({ name });
  test.after(() => lab.close());
  const network = await lab.addSwitch();
  const [r1, r2] = await Promise.all([lab.addHost("r1"), lab.addHost("r2")]);
  await r1.connect(network, { interface: "eth0", address: "192.168.7.1/24" });
  await r2.connect(network, { interface: "eth0", address: "192.168.7.2/24" });
  r1.write(configFile, pairConfig(0, options));
  r2.write(configFile, pairConfig(1, options));
  return new FencingPair(lab, network, r1, r2);
}

/** Asserts that `condition` stays false for `millis`. */
export async function assertNever(
  what: string,
  condition: () => boolean,
  millis: number,
): Promise<void> {
  const end = wallMillis() + millis;
  await until(
    `the end of the watch for ${what}`,
    () => {
      assert.ok(!condition(), `unexpected: ${what}`);
      return wallMillis() > end ? true : undefined;
    },
    millis + longTimeoutMillis,
    20,
  );
}

/** A daemon and the index of its first line that counts. */
export type LinesFrom = readonly [daemon: Program, from: number];

/** Asserts that no daemon logs a transition for `millis`. */
export async function assertNoTransition(
  millis: number,
  ...daemons: readonly LinesFrom[]
): Promise<void> {
  const hasChanged = (): boolean =>
    daemons.some(([daemon, from]) => transitions(daemon, from).length > 0);
  await assertNever("a transition", hasChanged, millis);
}
