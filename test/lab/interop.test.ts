// holdfast paired with keepalived, each in both roles, over every variant of VRRP for IPv4.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "node:test";
import { startPcap } from "../../lab/capture.ts";
import { until } from "../../lab/clock.ts";
import { runCommand } from "../../lab/command.ts";
import type { Host } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import type { Program } from "../../lab/program.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertNotLogged,
  buildPlainPair,
  floatingAddress,
  nodeAddresses,
  pairInterface,
  renderInstance,
  type StartDaemon,
  signalAndWait,
  startHoldfast,
  startKeepalived,
  transition,
} from "./daemons.ts";

interface Wire {
  readonly name: string;
  /** Configuration lines of the node at `own` with its peer at `peer`. */
  readonly lines: (own: string, peer: string) => readonly string[];
  /** Destination of the adverts of a node with its peer at `peer`. */
  readonly destination: (peer: string) => string;
  /** The VRRP version as tshark prints it. */
  readonly version: string;
}

const group = "224.0.0.18";

const wires: readonly Wire[] = [
  {
    name: "v2 with a password",
    lines: () => ["authentication {", "auth_type PASS", "auth_pass 736w4ib2", "}"],
    destination: () => group,
    version: "2",
  },
  { name: "v3 multicast", lines: () => ["version 3"], destination: () => group, version: "3" },
  {
    name: "v3 unicast",
    lines: (own, peer) => [
      "version 3",
      `unicast_src_ip ${own}`,
      "unicast_peer {",
      `    ${peer}`,
      "}",
    ],
    destination: (peer) => peer,
    version: "3",
  },
];

/** Log lines that neither daemon may log about packets. */
const packetTrouble =
  /not present in advert|expected \d+ VIPs|checksum|invalid TTL|wrong VRRP version|too (?:long|short)|interval (?:mismatch|updated)|received a \d+ auth|invalid passwd|bogus|unicast peer|Expected (?:uni|multi)cast|Unknown VRID|discarding (?:uni|multi)cast|error|assert|exited|died/i;

interface Packet {
  readonly source: string;
  readonly destination: string;
  readonly version: string;
  readonly checksumStatus: string;
  readonly priority: number;
}

async function readPackets(file: string, isComplete: boolean): Promise<Packet[]> {
  const fields = ["ip.src", "ip.dst", "vrrp.version", "vrrp.checksum.status", "vrrp.prio"];
  const words = ["-n", "-r", file, "-Y", "vrrp", "-T", "fields"];
  const argv = ["tshark", ...words, ...fields.flatMap((f) => ["-e", f])];
  // tshark fails on a truncated last packet of a file that is still being written.
  const { stdout } = await runCommand(argv, { mayFail: !isComplete });
  return stdout
    .trim()
    .split("\n")
    .map((line) => {
      const [source = "", destination = "", version = "", checksumStatus = "", priority = ""] =
        line.split("\t");
      return { source, destination, version, checksumStatus, priority: Number(priority) };
    });
}

/** tshark's value of vrrp.checksum.status for a correct checksum. */
const checksumGood = "1";

interface Role {
  readonly host: Host;
  readonly start: StartDaemon;
}

/** Reloads a running daemon. */
async function reload(program: Program, isHoldfast: boolean): Promise<void> {
  // keepalived 2.2.7 logs nothing at the end of a reload.
  const done = isHoldfast ? /Reload complete/ : /Reloading/;
  await signalAndWait(program, "SIGHUP", done);
}

/** Milliseconds without a holder at the last handover. */
function gapOf(lab: Lab): number {
  const [before, after] = lab.holdings(floatingAddress).slice(-2);
  assert.ok(before?.to !== undefined && after !== undefined && before.host !== after.host);
  return after.from - before.to;
}

async function playPair(t: TimedTest, wire: Wire, highIsHoldfast: boolean): Promise<void> {
  const { lab, ...hosts } = await buildPlainPair(t, "interop");
  const high: Role = { host: hosts.high, start: highIsHoldfast ? startHoldfast : startKeepalived };
  const low: Role = { host: hosts.low, start: highIsHoldfast ? startKeepalived : startHoldfast };
  const [highAddress, lowAddress] = nodeAddresses;
  const config = (priority: number, own: string, peer: string): string =>
    renderInstance({ priority, lines: wire.lines(own, peer) });
  high.host.write(configPath, config(150, highAddress, lowAddress));
  low.host.write(configPath, config(100, lowAddress, highAddress));

  const folder = mkdtempSync(join(tmpdir(), "holdfast-interop-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const captures = await Promise.all(
    [high, low].map(async ({ host }) => {
      const file = join(folder, `${host.name}.pcap`);
      return { file, program: await startPcap(host, file, { interface: pairInterface }) };
    }),
  );

  // Election, then preemption.
  const lower = low.start(low.host);
  await lab.waitForHolders(floatingAddress, [low.host]);
  let higher = high.start(high.host);
  await lab.waitForHolders(floatingAddress, [high.host]);
  await lower.waitForLine(/Entering BACKUP STATE$/);
  await higher.waitForLine(/Entering MASTER STATE$/);

  // Reloads without a change.
  const before = [higher, lower].map((program) => program.lines.length);
  await reload(higher, highIsHoldfast);
  await reload(lower, !highIsHoldfast);
  const adverts = async (): Promise<number> =>
    (await readPackets(captures[0]?.file ?? "", false)).length;
  const twoMoreAdverts = async (): Promise<void> => {
    const sent = await adverts();
    await until("two more adverts", async () => ((await adverts()) >= sent + 2 ? true : undefined));
  };
  await twoMoreAdverts();
  for (const [index, program] of [higher, lower].entries()) {
    assertNotLogged(program, transition, before[index]);
  }
  assert.deepEqual(lab.holders(floatingAddress), [high.host.name]);

  // Stop, restart and kill the higher node.
  await higher.stop();
  await lab.waitForHolders(floatingAddress, [low.host]);
  const stopGap = gapOf(lab);
  const first = higher;
  higher = high.start(high.host);
  await lab.waitForHolders(floatingAddress, [high.host]);
  await higher.killAll();
  // A killed keepalived leaves its address behind; holdfast does not.
  const left = highIsHoldfast ? [low.host] : [high.host, low.host];
  await lab.waitForHolders(floatingAddress, left);
  const killGap = highIsHoldfast ? gapOf(lab) : undefined;
  if (killGap !== undefined) assert.ok(killGap > 0, `${killGap} ms between the two holders`);
  const second = higher;
  higher = high.start(high.host);
  await lab.waitForHolders(floatingAddress, [high.host]);
  await higher.waitForLine(/Entering MASTER STATE$/);

  // The death of the backup does not affect the master.
  const quiet = higher.lines.length;
  await lower.killAll();
  await twoMoreAdverts();
  assertNotLogged(higher, transition, quiet);
  await higher.stop();

  for (const program of [first, second, higher, lower]) assertNotLogged(program, packetTrouble);
  for (const { file, program } of captures) {
    await program.stop();
    checkPackets(await readPackets(file, true), wire);
  }
  const gaps = [`no holder for ${stopGap.toFixed(0)} ms after the stop`];
  if (killGap !== undefined) gaps.push(`for ${killGap.toFixed(0)} ms after the kill`);
  t.diagnostic(gaps.join(", "));
}

function checkPackets(packets: readonly Packet[], wire: Wire): void {
  const [highAddress, lowAddress] = nodeAddresses;
  const sources = new Set(packets.map(({ source }) => source));
  assert.deepEqual([...sources].sort(), [highAddress, lowAddress]);
  for (const packet of packets) {
    const isHigh = packet.source === highAddress;
    assert.equal(packet.checksumStatus, checksumGood, JSON.stringify(packet));
    assert.equal(packet.version, wire.version);
    assert.equal(packet.destination, wire.destination(isHigh ? lowAddress : highAddress));
    assert.ok([0, isHigh ? 150 : 100].includes(packet.priority), `priority ${packet.priority}`);
  }
  assert.ok(
    packets.some(({ priority }) => priority === 0),
    "a stopped daemon resigns",
  );
}

describe("a pair of holdfast and keepalived", { concurrency: 6 }, () => {
  for (const wire of wires) {
    for (const highIsHoldfast of [true, false]) {
      const higher = highIsHoldfast ? "holdfast" : "keepalived";
      test(`${wire.name}, ${higher} with the higher priority`, (t) =>
        playPair(t, wire, highIsHoldfast));
    }
  }
});
