// The same VRID in several spaces of one network: each instance receives its counterpart's adverts only.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { startTcpdump } from "../../lab/capture.ts";
import { until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import type { Program } from "../../lab/program.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertNotLogged,
  buildPlainPair,
  openLab,
  pairInterface,
  renderInstance,
  type StartDaemon,
  startHoldfast,
  startKeepalived,
} from "./daemons.ts";

const secondInterface = "eth1";

/** Addresses of the high and the low node. */
const first = ["10.77.0.1", "10.77.0.2"] as const;
const second = ["10.77.0.11", "10.77.0.12"] as const;

interface Space {
  readonly name: string;
  readonly address: string;
  /** Default the pair's. */
  readonly interface?: string;
  /** Default 51. */
  readonly virtualRouterId?: number;
  /** The node with the higher priority. */
  readonly master: 0 | 1;
  /** Configuration lines of the instance on a node. */
  readonly lines: (node: 0 | 1) => readonly string[];
  /** Destination of the master's adverts. */
  readonly destination: string;
}

function unicastLines(addresses: readonly [string, string]): Space["lines"] {
  return (node) => [
    `unicast_src_ip ${addresses[node]}`,
    "unicast_peer {",
    `    ${addresses[1 - node]}`,
    "}",
  ];
}

const multicast: Space = {
  name: "VI_MULTICAST",
  address: "10.77.0.100",
  master: 0,
  lines: () => [],
  destination: "224.0.0.18",
};

const unicast: Space = {
  name: "VI_UNICAST",
  address: "10.77.0.101",
  master: 1,
  lines: unicastLines(first),
  destination: first[0],
};

const group: Space = {
  name: "VI_GROUP",
  address: "10.77.0.102",
  master: 1,
  lines: () => ["mcast_dst_ip 224.0.0.118"],
  destination: "224.0.0.118",
};

const secondUnicast: Space = {
  name: "VI_SECOND",
  address: "10.77.0.103",
  master: 0,
  lines: unicastLines(second),
  destination: second[1],
};

function render(spaces: readonly Space[], node: 0 | 1): string {
  const blocks = spaces.map(({ address, master, lines, ...space }) =>
    renderInstance({
      ...space,
      priority: master === node ? 150 : 100,
      addresses: [`${address}/24`],
      lines: lines(node),
    }),
  );
  return blocks.join("");
}

/** Waits until the right host holds each address, and asserts that this is still so five adverts later. */
async function assertHolders(
  lab: Lab,
  packets: Program,
  spaces: readonly Space[],
  holderOf: (space: Space) => Host,
): Promise<void> {
  for (const space of spaces) await lab.waitForHolders(space.address, [holderOf(space)]);
  const from = packets.lines.length;
  for (const { name, destination } of spaces) {
    await until(`five adverts of ${name}`, () => {
      const to = packets.lines
        .slice(from)
        .filter(({ text }) => text.includes(` > ${destination}:`));
      return to.length >= 5 ? true : undefined;
    });
  }
  for (const space of spaces) {
    assert.deepEqual(lab.holders(space.address), [holderOf(space).name], space.name);
  }
}

async function playSpaces(
  t: TimedTest,
  spaces: readonly Space[],
  programs: readonly [StartDaemon, StartDaemon],
): Promise<void> {
  const { lab, high, low } = await buildPlainPair(t, "spaces");
  const hosts = [high, low] as const;
  for (const node of [0, 1] as const) {
    await hosts[node].run(["ip", "address", "add", `${second[node]}/24`, "dev", pairInterface]);
    hosts[node].write(configPath, render(spaces, node));
  }
  const packets = await startTcpdump(high, { interface: pairInterface });
  const [startHigh, startLow] = programs;
  const lower = startLow(low);
  const higher = startHigh(high);
  await assertHolders(lab, packets, spaces, ({ master }) => hosts[master]);
  for (const { name, master } of spaces) {
    const backup = master === 0 ? lower : higher;
    await backup.waitForLine(new RegExp(`\\(${name}\\) Entering BACKUP STATE`));
  }
  assertNotLogged(higher, /Expected (?:uni|multi)cast|not present in advert/);
  await higher.stop();
  for (const { address } of spaces) await lab.waitForHolders(address, [low]);
  const again = startHigh(high);
  await assertHolders(lab, packets, spaces, ({ master }) => hosts[master]);
  await lower.stop();
  for (const { address } of spaces) await lab.waitForHolders(address, [high]);
  for (const program of [higher, lower, again]) assertNotLogged(program, /Entering FAULT STATE/);
}

/** Two hosts with two interfaces each on one network; static neighbours direct packets to the other interface. */
async function buildCrossedPair(lab: Lab): Promise<readonly [Host, Host]> {
  const network = await lab.addSwitch();
  const connect = async (name: string, node: 0 | 1): Promise<Host> => {
    const host = await lab.addHost(name);
    await host.connect(network, { interface: pairInterface, address: `${first[node]}/24` });
    await host.connect(network, { interface: secondInterface, address: `${second[node]}/24` });
    return host;
  };
  const hosts = await Promise.all([connect("high", 0), connect("low", 1)]);
  const macOf = (host: Host, name: string): string =>
    host.read(`/sys/class/net/${name}/address`).trim();
  for (const node of [0, 1] as const) {
    const [host, peer] = [hosts[node], hosts[node === 0 ? 1 : 0]];
    for (const [addresses, from, to] of [
      [first, pairInterface, secondInterface],
      [second, secondInterface, pairInterface],
    ] as const) {
      const neighbour = ["ip", "neighbour", "replace", addresses[1 - node] ?? "", "dev", from];
      await host.run([...neighbour, "lladdr", macOf(peer, to), "nud", "permanent"]);
    }
  }
  return hosts;
}

/** Adverts arrive on the interface of the other instance, and must reach the right one only. */
async function playCrossed(t: TimedTest, virtualRouterId: number): Promise<void> {
  const lab = await openLab(t, "spaces-crossed");
  const hosts = await buildCrossedPair(lab);
  const spaces = [unicast, { ...secondUnicast, interface: secondInterface, virtualRouterId }];
  for (const node of [0, 1] as const) hosts[node].write(configPath, render(spaces, node));
  const [high, low] = hosts;
  // Both spaces use this interface: one sends on it, the other receives on it.
  const packets = await startTcpdump(high, { interface: secondInterface });
  const higher = startHoldfast(high);
  const lower = startHoldfast(low);
  for (const program of [higher, lower]) await program.waitForLine(/Entering BACKUP STATE/);
  await assertHolders(lab, packets, spaces, ({ master }) => hosts[master]);
  await higher.stop();
  for (const { address } of spaces) await lab.waitForHolders(address, [low]);
  for (const program of [higher, lower]) {
    assertNotLogged(program, /not present in advert|Unknown VRID|master changed/);
  }
}

const pairs = [
  ["holdfast and keepalived", [startHoldfast, startKeepalived]],
  ["keepalived and holdfast", [startKeepalived, startHoldfast]],
  ["holdfast and holdfast", [startHoldfast, startHoldfast]],
] as const;

describe("the same VRID in several spaces", { concurrency: 3 }, () => {
  for (const [name, programs] of pairs) {
    test(`multicast and unicast, ${name}`, (t) => playSpaces(t, [multicast, unicast], programs));
    test(`two groups and two own addresses, ${name}`, (t) =>
      playSpaces(t, [multicast, unicast, group, secondUnicast], programs));
  }
  for (const [name, secondId] of [
    ["one VRID", 51],
    ["two VRIDs", 52],
  ] as const) {
    test(`two interfaces on one network, ${name}`, (t) => playCrossed(t, secondId));
  }
});
