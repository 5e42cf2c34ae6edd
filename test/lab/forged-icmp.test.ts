// A host without VRRP or password that sends forged ICMP errors to a master: nothing may come of them. Whether the
// kernel delivers them to sockets that only send, this prints; `npm run test:vm` runs this file on one that does.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { fileURLToPath } from "node:url";
import { sleep } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import { createLab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import type { Program } from "../../lab/program.ts";
import { ip } from "../../src/lib/ip.ts";
import { floodFrom } from "../soak/attacks/flood-order.ts";
import { everyForgedIcmp, forgedIcmpFrame } from "../support/forged-icmp.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertNotLogged,
  nodeAddresses,
  type PlainInstance,
  pairInterface,
  renderInstance,
  startHoldfast,
  startKeepalived,
  transition,
} from "./daemons.ts";

const attackerAddress = "10.77.0.66";
const group = ip("224.0.0.18");

/** Missed adverts that end a master, and with them its lease of 4 s: a slow machine may hold it up for a while. */
const downTimerAdverts = 5;
const leaseMillis = 4_000;

/** In a virtual machine without hardware support a daemon needs this long to start. */
const startMillis = 300_000;

/** Longer than ten adverts and than what a lease lasts that is no longer renewed. */
const attackSeconds = 11;
/** The first one sends each node an error about each protocol in each advert interval, the last one all it can. */
const packetsPerSecond = [4, 800, 5_000] as const;

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
      lines: [...kind.lines, `down_timer_adverts ${downTimerAdverts}`],
    };
  });
}

const floating = instancesOf(0).flatMap(({ addresses = [] }) =>
  addresses.map((address) => address.split("/")[0] ?? ""),
);

/** Frames of every kind, for both nodes by turns. */
function forgeFrames(): Uint8Array[] {
  const [forHigh = [], forLow = []] = nodeAddresses.map((victim, index) => {
    const destinations = [group, ip(nodeAddresses[1 - index] ?? "")];
    return everyForgedIcmp(ip(attackerAddress), ip(victim), destinations).map(forgedIcmpFrame);
  });
  return forHigh.flatMap((frame, index) => [frame, forLow[index] ?? frame]);
}

/** A socket beside the daemon, as a careless one would have it. Each line after the first is an error that reached it. */
async function startUnprotected(host: Host): Promise<Program> {
  const path = fileURLToPath(new URL("../support/unprotected-sender.js", import.meta.url));
  const program = host.spawn([process.execPath, path, pairInterface]);
  await program.waitForLine(/^ready$/, startMillis);
  return program;
}

describe("forged ICMP errors", () => {
  test("cost a master no address and bring keepalived as its backup none", async (t: TimedTest) => {
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
    // What was not renewed in the end would go only now.
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
