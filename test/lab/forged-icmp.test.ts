// A host without VRRP sends forged ICMP errors to a MASTER: they must have no effect. Prints whether the kernel delivers
// them to sockets that only send; `npm run test:vm` runs this file on a kernel that does.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { fileURLToPath } from "node:url";
import { sleep } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import { configPath } from "../../lab/pair-a.ts";
import type { Program } from "../../lab/program.ts";
import { ip } from "../../src/lib/ip.ts";
import { floodFrom } from "../soak/attacks/flood-order.ts";
import { everyForgedIcmp, forgedIcmpFrame } from "../support/forged-icmp.ts";
import { test } from "../support/timed-test.ts";
import {
  assertNotLogged,
  nodeAddresses,
  openLab,
  type PlainInstance,
  pairInterface,
  renderInstance,
  startHoldfast,
  startKeepalived,
  transition,
} from "./daemons.ts";

const attackerAddress = "10.77.0.66";
const group = ip("224.0.0.18");

/** Gives leases of 4 s, so that a slow machine does not end them. */
const downTimerAdverts = 5;
const leaseMillis = 4_000;

/** Time limit for the start of a daemon in a virtual machine without hardware support. */
const startMillis = 300_000;

/** Longer than ten advert intervals and than a lease. */
const attackSeconds = 11;
/** From one error for each protocol, node and advert interval up to as many as the machine can send. */
const packetsPerSecond = [4, 800, 5_000] as const;

/** The instances of a node: both versions, multicast and unicast. */
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
      lines: [...kind.lines, `down_timer_adverts ${downTimerAdverts}`],
    };
  });
}

const floating = instancesOf(0).flatMap(({ addresses = [] }) =>
  addresses.map((address) => address.split("/")[0] ?? ""),
);

/** Frames of every kind, alternating between the nodes. */
function forgeFrames(): Uint8Array[] {
  const [forHigh = [], forLow = []] = nodeAddresses.map((victim, index) => {
    const destinations = [group, ip(nodeAddresses[1 - index] ?? "")];
    return everyForgedIcmp(ip(attackerAddress), ip(victim), destinations).map(forgedIcmpFrame);
  });
  return forHigh.flatMap((frame, index) => [frame, forLow[index] ?? frame]);
}

/** Opens an unprotected socket beside the daemon. Each line after the first is an error delivered to it. */
async function startUnprotected(host: Host): Promise<Program> {
  const path = fileURLToPath(new URL("../support/unprotected-sender.js", import.meta.url));
  const program = host.spawn([process.execPath, path, pairInterface]);
  await program.waitForLine(/^ready$/, startMillis);
  return program;
}

describe("forged ICMP errors", () => {
  test("do not affect a MASTER or its keepalived backup", async (t) => {
    const lab = await openLab(t, "icmp");
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
    for (const address of floating) await lab.waitForHolders(address, [high], startMillis);
    const second = startKeepalived(low);
    for (const { name } of instancesOf(1)) {
      await second.waitForLine(new RegExp(`\\(${name}\\) Entering BACKUP STATE`));
    }

    const unprotected = await startUnprotected(high);
    const from = [first, second].map(({ lines }) => lines.length);
    const frames = forgeFrames();
    const reached: number[] = [];
    for (const perSecond of packetsPerSecond) {
      const before = unprotected.lines.length;
      await floodFrom(attacker, frames, {
        interface: pairInterface,
        perSecond,
        seconds: attackSeconds,
      });
      reached.push(unprotected.lines.length - before);
    }
    t.diagnostic(`errors that reached an unprotected socket: ${reached.join(", ")}`);
    // A lease that was no longer renewed would end within this time.
    await sleep(leaseMillis);
    for (const [index, daemon] of [first, second].entries()) {
      assertNotLogged(daemon, transition, from[index]);
      assertNotLogged(daemon, /send advert error|exited|died|Cannot open/, from[index]);
    }
    for (const address of floating) {
      assert.deepEqual(lab.holders(address), ["high"], address);
      assert.equal(lab.holdings(address).length, 1, address);
    }
  });
});
