// A host without VRRP or password that sends forged ICMP errors to a master: nothing may come of them. What they do on
// a kernel that delivers them to the master's sockets, `npm run test:vm` shows by tests of the sockets alone.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { sleep } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import { createLab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import { ip } from "../../src/lib/ip.ts";
import { floodFrom } from "../soak/attacks/flood-order.ts";
import { everyForgedIcmp, forgedIcmpFrame } from "../support/forged-icmp.ts";
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
const group = ip("224.0.0.18");

/** Attacks as packets a second and seconds: as rare as adverts, often, and a flood. */
const attacks = [
  [6, 8],
  [400, 6],
  [5_000, 6],
] as const;

/** Longer than a lease that is no longer renewed. */
const leaseMillis = 4_000;

/** What the node with this index runs: both versions, multicast and unicast. */
function instancesOf(node: 0 | 1): PlainInstance[] {
  const priority = node === 0 ? 200 : 100;
  const peer = ["unicast_peer {", `    ${nodeAddresses[1 - node]}`, "}"];
  const kinds = [
    { name: "V2", lines: [] },
    { name: "V3", lines: ["version 3"] },
    { name: "V2_UNICAST", lines: peer },
    { name: "V3_UNICAST", lines: ["version 3", ...peer] },
  ];
  return kinds.map((kind, index) => {
    return {
      ...kind,
      priority,
      virtualRouterId: 51 + index,
      addresses: [`10.77.0.${101 + index}/24`],
    };
  });
}

const floating = instancesOf(0).flatMap(({ addresses = [] }) =>
  addresses.map((address) => address.split("/")[0] ?? ""),
);

/** Frames of every kind for both nodes, in turn. */
const frames: readonly Uint8Array[] = nodeAddresses.flatMap((victim, index) => {
  const destinations = [group, ip(nodeAddresses[1 - index] ?? "")];
  return everyForgedIcmp(ip(attackerAddress), ip(victim), destinations).map(forgedIcmpFrame);
});

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
    const attacker = await connect("attacker", attackerAddress);
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
      await floodFrom(attacker, frames, { interface: pairInterface, perSecond, seconds });
    }
    // What was not renewed in the end would go only now.
    await sleep(leaseMillis);
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
