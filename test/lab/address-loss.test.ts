// The interface of a MASTER loses its own address: the daemon resigns, still from that address, and the peer takes over
// within its skew time. Paired with keepalived in both roles.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { startTcpdump } from "../../lab/capture.ts";
import { until } from "../../lab/clock.ts";

import { configPath } from "../../lab/pair-a.ts";
import type { Program } from "../../lab/program.ts";
import { it, LostRace, type TimedTest } from "../support/timed-test.ts";
import {
  buildPlainPair,
  floatingAddress,
  nodeAddresses,
  type PlainPair,
  pairInterface,
  renderInstance,
  type StartDaemon,
  startHoldfast,
  startKeepalived,
} from "./daemons.ts";
import { assertNoTransition } from "./fencing-pair.ts";

const [own, peer] = nodeAddresses;
const highPriority = 150;
const lowPriority = 134;

/** A variant of sending adverts. */
interface Wire {
  readonly name: string;
  readonly version: 2 | 3;
  readonly seconds: 1 | 2;
  readonly lines: (own: string, peer: string) => readonly string[];
}

const multicast: Wire = { name: "v2 multicast", version: 2, seconds: 1, lines: () => [] };
const unicast: Wire = {
  name: "v3 unicast",
  version: 3,
  seconds: 2,
  lines: (_, other) => ["unicast_peer {", `    ${other}`, "}"],
};

const multicastSource: Wire = {
  name: "v3 multicast, mcast_src_ip",
  version: 3,
  seconds: 1,
  lines: (self) => [`mcast_src_ip ${self}`],
};
const unicastSource: Wire = {
  name: "v2 unicast, unicast_src_ip",
  version: 2,
  seconds: 1,
  lines: (self, other) => [`unicast_src_ip ${self}`, "unicast_peer {", `    ${other}`, "}"],
};

interface Running {
  readonly pair: PlainPair;
  readonly master: Program;
  readonly backup: Program;
  readonly packets: Program;
}

/** Starts the pair, waits until the lower node has received an advert, and captures on its interface. */
async function startPair(
  t: TimedTest,
  wire: Wire,
  start: { readonly high: StartDaemon; readonly low: StartDaemon },
): Promise<Running> {
  const pair = await buildPlainPair(t, "address-loss");
  const config = (priority: number, ...ends: [string, string]): string =>
    renderInstance({
      priority,
      lines: [`version ${wire.version}`, ...wire.lines(...ends)],
    }).replace("advert_int 1", `advert_int ${wire.seconds}`);
  pair.high.write(configPath, config(highPriority, own, peer));
  pair.low.write(configPath, config(lowPriority, peer, own));
  const master = start.high(pair.high);
  await pair.lab.waitForHolders(floatingAddress, [pair.high]);
  const packets = await startTcpdump(pair.low, { interface: pairInterface });
  const backup = start.low(pair.low);
  await backup.waitForLine(/Entering BACKUP STATE \(init\)/);
  const from = packets.lines.length;
  await packets.waitForLine(/prio 150/, undefined, from);
  return { pair, master, backup, packets };
}

const holdfastFirst = {
  name: "holdfast before keepalived",
  high: startHoldfast,
  low: startKeepalived,
};
const keepalivedFirst = {
  name: "keepalived before holdfast",
  high: startKeepalived,
  low: startHoldfast,
};

const deletion = `ip address del ${own}/24 dev ${pairInterface}`;
const linkDown = `ip link set dev ${pairInterface} down`;
const shutdown = `${deletion}; ${linkDown}`;
const flush = `ip address flush dev ${pairInterface}; ${linkDown}`;

/**
 * Commands that remove the address. Those that also take the link down do so some 7 ms later, after one more program
 * start: usually enough for the daemon to resign, but on a busy machine the link may be down first.
 */
const losses = [
  { daemons: holdfastFirst, wire: multicast, what: "ip address del", command: deletion },
  { daemons: holdfastFirst, wire: multicast, what: "ifdown", command: shutdown },
  { daemons: holdfastFirst, wire: unicast, what: "ip address del", command: deletion },
  { daemons: holdfastFirst, wire: multicastSource, what: "nmcli down", command: flush },
  { daemons: holdfastFirst, wire: unicastSource, what: "ifdown", command: shutdown },
  { daemons: holdfastFirst, wire: unicastSource, what: "nmcli down", command: flush },
  { daemons: keepalivedFirst, wire: multicast, what: "ip address del", command: deletion },
  { daemons: keepalivedFirst, wire: unicast, what: "ip address del", command: deletion },
];

/** Runs several ip(8) commands in one process. */
function batch(...commands: readonly string[]): string {
  return `printf '${commands.join("\\n")}\\n' | ip -batch -`;
}

const addition = `address add ${own}/24 dev ${pairInterface}`;
const replacements = [
  { what: "", command: batch(`address del ${own}/24 dev ${pairInterface}`, addition) },
  {
    what: " with the floating one",
    command: batch(`address flush dev ${pairInterface}`, addition),
  },
  {
    what: " by another one",
    command: batch(
      `address del ${own}/24 dev ${pairInterface}`,
      `address add 10.77.0.9/24 dev ${pairInterface}`,
    ),
  },
  {
    what: " by two processes",
    command: `ip address flush dev ${pairInterface}; ip ${addition}`,
  },
  {
    what: " under unicast_src_ip",
    command: `ip address flush dev ${pairInterface}; ip ${addition}`,
    wire: unicastSource,
  },
  { what: " by nothing under mcast_src_ip", command: deletion, wire: multicastSource },
];

describe("a MASTER whose interface loses its own address", { concurrency: 2 }, () => {
  for (const { daemons, wire, what, command } of losses) {
    const name = `${daemons.name}, ${wire.name}, ${what}`;
    it(`resigns, and the peer takes over: ${name}`, async (t) => {
      const { pair, packets, backup } = await startPair(t, wire, daemons);
      const { lab } = pair;
      const from = packets.lines.length;
      const fromBackup = backup.lines.length;
      await pair.high.run(["sh", "-c", command]);
      await lab.waitForHolders(floatingAddress, [pair.low]);
      const seen = packets.lines.slice(from);
      const zero = seen.findIndex(({ text }) => text.includes("prio 0,"));
      const resignation = seen[zero];
      if (daemons === holdfastFirst) assert.deepEqual(lab.overlaps(floatingAddress), []);
      if (resignation === undefined && command.includes(linkDown)) {
        throw new LostRace(`the link was down before the resignation: ${packets.text()}`);
      }
      assert.ok(resignation !== undefined, packets.text());
      assert.ok(resignation.text.includes(`IP ${own} > `), packets.text());
      const claim = seen.findIndex(({ text }) => text.includes(`IP ${peer} > `));
      assert.ok(claim === -1 || claim > zero, packets.text());
      await backup.waitForLine(/Backup received priority 0/, undefined, fromBackup);
      const taken = lab.holdings(floatingAddress).at(-1)?.from ?? Number.NaN;
      const wait = taken - resignation.at;
      t.diagnostic(`${name}: taken over ${wait.toFixed(0)} ms after priority 0`);
      // Without the resignation the peer would wait for three more intervals.
      assert.ok(wait < 3 * wire.seconds * 1_000, `${wait} ms`);
    });
  }

  for (const { what, command, wire = multicast } of replacements) {
    it(`keeps its state if the address is replaced${what}`, async (t) => {
      const { pair, master, backup, packets } = await startPair(t, wire, holdfastFirst);
      const [from, fromBackup] = [master.lines.length, backup.lines.length];
      await pair.high.run(["sh", "-c", command]);
      const fromPacket = packets.lines.length;
      await until("two more adverts", () => packets.lines.length >= fromPacket + 2 || undefined);
      await pair.lab.waitForHolders(floatingAddress, [pair.high]);
      await assertNoTransition(1_000, [master, from], [backup, fromBackup]);
      if (!command.includes("flush")) return;
      // The interface's own address comes first, as the primary one of its subnet.
      const { stdout } = await pair.high.run(["ip", "-4", "-o", "address", "show", pairInterface]);
      assert.match(stdout.split("\n")[0] ?? "", new RegExp(`inet ${own}/`), stdout);
    });
  }
});
