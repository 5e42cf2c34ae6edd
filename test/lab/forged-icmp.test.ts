// A host without VRRP or password that sends forged ICMP errors to a master: nothing may come of them. Kernels before
// 2026 deliver some of them to the master's sockets; `npm run test:vm` runs this file on such a kernel.

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe } from "node:test";
import { projectRoot } from "../../lab/anchor.ts";
import type { Host } from "../../lab/host.ts";
import { createLab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertSilent,
  nodeAddresses,
  type PlainInstance,
  pairInterface,
  renderInstance,
  startHoldfast,
  transition,
} from "./daemons.ts";

const attackerAddress = "10.77.0.66";
const group = "224.0.0.18";

/** Attacks as packets a second and seconds: as rare as adverts, often, and as many as a small host can send. */
const attacks = [
  [3, 8],
  [200, 6],
  [20_000, 6],
] as const;

/** Longer than a lease that is no longer renewed. */
const leaseMillis = 4_000;

/** The lines of a unicast instance of the node with this index. */
function unicast(node: 0 | 1): string[] {
  return [
    `unicast_src_ip ${nodeAddresses[node]}`,
    `unicast_peer { ${nodeAddresses[1 - node]} }`
      .replace("{ ", "{\n        ")
      .replace(" }", "\n    }"),
  ];
}

/** What the node with this index runs: both versions, multicast and unicast. */
function instancesOf(node: 0 | 1): PlainInstance[] {
  const priority = node === 0 ? 200 : 100;
  const common = { priority };
  return [
    { ...common, name: "V2", virtualRouterId: 51, addresses: ["10.77.0.101/24"] },
    {
      ...common,
      name: "V3",
      virtualRouterId: 52,
      addresses: ["10.77.0.102/24"],
      lines: ["version 3"],
    },
    {
      ...common,
      name: "V2_UNICAST",
      virtualRouterId: 53,
      addresses: ["10.77.0.103/24"],
      lines: unicast(node),
    },
    {
      ...common,
      name: "V3_UNICAST",
      virtualRouterId: 54,
      addresses: ["10.77.0.104/24"],
      lines: ["version 3", ...unicast(node)],
    },
  ];
}

const floating = instancesOf(0).flatMap(({ addresses = [] }) =>
  addresses.map((address) => address.split("/")[0] ?? ""),
);

interface Stage {
  readonly high: Host;
  readonly low: Host;
  readonly attacker: Host;
}

function attack(
  { attacker }: Stage,
  victim: string,
  peer: string,
  perSecond: number,
  seconds: number,
): Promise<{ code: number | null }> {
  const program = join(projectRoot, "dist/test/support/icmp-attack.js");
  const words = [attackerAddress, victim, `${group},${peer}`, `${perSecond}`, `${seconds}`];
  return attacker.spawn([process.execPath, program, ...words]).ended;
}

describe("forged ICMP errors", () => {
  test("cost a master no address and bring a backup none", async (t: TimedTest) => {
    const lab = await createLab({ name: "icmp" });
    t.after(() => lab.close());
    const network = await lab.addSwitch();
    const connect = async (name: string, address: string): Promise<Host> => {
      const host = await lab.addHost(name);
      await host.connect(network, { interface: pairInterface, address: `${address}/24` });
      return host;
    };
    const high = await connect("high", nodeAddresses[0]);
    const low = await connect("low", nodeAddresses[1]);
    const stage = { high, low, attacker: await connect("attacker", attackerAddress) };
    high.write(configPath, instancesOf(0).map(renderInstance).join(""));
    low.write(configPath, instancesOf(1).map(renderInstance).join(""));
    const first = startHoldfast(high);
    for (const address of floating) await lab.waitForHolders(address, [high]);
    const second = startHoldfast(low);
    for (const { name } of instancesOf(1)) {
      await second.waitForLine(new RegExp(`\\(${name}\\) Entering BACKUP STATE`));
    }

    const from = [first, second].map(({ lines }) => lines.length);
    for (const [perSecond, seconds] of attacks) {
      const ends = await Promise.all([
        attack(stage, nodeAddresses[0], nodeAddresses[1], perSecond, seconds),
        attack(stage, nodeAddresses[1], nodeAddresses[0], perSecond, seconds),
      ]);
      assert.deepEqual(
        ends.map(({ code }) => code),
        [0, 0],
      );
    }
    // What was not renewed in the end would go only now.
    await new Promise((resolve) => setTimeout(resolve, leaseMillis));
    for (const [index, daemon] of [first, second].entries()) {
      assertSilent(daemon, transition, from[index]);
      assertSilent(daemon, /send advert error|exited|died|Cannot open/, from[index]);
    }
    for (const address of floating) {
      assert.deepEqual(lab.holders(address), ["high"], address);
      assert.equal(lab.holdings(address).length, 1, address);
    }
  });
});
