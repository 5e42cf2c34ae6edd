// A MASTER loses the interface of one of its addresses: it goes to FAULT, and its peer takes over all of them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe } from "node:test";
import { until, wallMillis } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import type { Program } from "../../lab/program.ts";
import type { NetworkSwitch } from "../../lab/switch.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertInOrder,
  assertNotLogged,
  buildPlainPair,
  floatingAddress,
  nodeAddresses,
  renderInstance,
  type StartDaemon,
  signalAndWait,
  startHoldfast,
  startKeepalived,
} from "./daemons.ts";

/** The interface of the second address. */
const carrier = "eth1";
const carried = "10.78.0.100";
const addresses = [floatingAddress, carried];

/** A way to configure the second address. */
interface Shape {
  readonly addresses: readonly string[];
  readonly lines: (own: string, peer: string) => readonly string[];
}

const onCarrier = `${carried}/24 dev ${carrier}`;

const multicast: Shape = {
  addresses: [`${floatingAddress}/24`, onCarrier],
  // The weight has no effect on an interface that carries an address.
  lines: () => ["track_interface {", `    ${carrier} weight -10`, "}"],
};

const excludedUnicast: Shape = {
  addresses: [`${floatingAddress}/24`],
  lines: (own, peer) => [
    "version 3",
    `unicast_src_ip ${own}`,
    "unicast_peer {",
    `    ${peer}`,
    "}",
    "virtual_ipaddress_excluded {",
    `    ${onCarrier}`,
    "}",
  ],
};

interface Pair {
  readonly lab: Lab;
  readonly high: Host;
  readonly low: Host;
  /** The switch of the second interfaces. */
  readonly network: NetworkSwitch;
}

async function buildPair(t: TimedTest, shape: Shape): Promise<Pair> {
  const { lab, high, low } = await buildPlainPair(t, "carrier");
  const network = await lab.addSwitch();
  for (const host of [high, low]) await host.connect(network, { interface: carrier });
  const [highAddress, lowAddress] = nodeAddresses;
  writeConfig(high, 150, shape, highAddress, lowAddress);
  writeConfig(low, 100, shape, lowAddress, highAddress);
  return { lab, high, low, network };
}

function writeConfig(host: Host, priority: number, shape: Shape, own: string, peer: string): void {
  const lines = shape.lines(own, peer);
  host.write(configPath, renderInstance({ priority, lines, addresses: shape.addresses }));
}

async function waitForAll(lab: Lab, host: Host): Promise<void> {
  for (const address of addresses) await lab.waitForHolders(address, [host]);
}

/** Takes `carrier` from the MASTER and waits for the takeover; describes how long it took. */
async function loseCarrier(
  { lab, high, low }: Pair,
  [higher, lower]: readonly [Program, Program],
  lose: () => Promise<unknown>,
): Promise<string> {
  const from = [higher.lines.length, lower.lines.length];
  const begun = wallMillis();
  await lose();
  await waitForAll(lab, low);
  await assertInOrder(higher, [/\(VI_1\) Entering FAULT STATE/, /sent 0 priority/], from[0]);
  const cause = [/Backup received priority 0 advertisement/, /Entering MASTER STATE/];
  await assertInOrder(lower, cause, from[1]);
  const [before, after] = lab.holdings(floatingAddress).slice(-2);
  assert.deepEqual([before?.host, after?.host], [high.name, low.name]);
  const sinceLoss = (after?.from ?? Number.NaN) - begun;
  const sinceFault = (after?.from ?? Number.NaN) - (before?.to ?? Number.NaN);
  return (
    `taken over ${sinceFault.toFixed(0)} ms after the removal by the master, and ` +
    `${sinceLoss.toFixed(0)} ms after the carrier was lost; the skew time is 609 ms`
  );
}

async function playCable(
  t: TimedTest,
  shape: Shape,
  startHigh: StartDaemon,
  startLow: StartDaemon,
): Promise<void> {
  const pair = await buildPair(t, shape);
  const { lab, high, low } = pair;
  const lower = startLow(low);
  await waitForAll(lab, low);
  const higher = startHigh(high);
  await waitForAll(lab, high);
  await lower.waitForLine(/Entering BACKUP STATE$/);
  t.diagnostic(await loseCarrier(pair, [higher, lower], () => high.pullCable(carrier)));
  await high.plugCable(carrier);
  await waitForAll(lab, high);
  await higher.stop();
  await lower.stop();
}

async function playLink(t: TimedTest): Promise<void> {
  const pair = await buildPair(t, multicast);
  const { lab, high, low, network } = pair;
  await high.run(["ip", "link", "set", carrier, "down"]);
  const higher = startHoldfast(high);
  await assertInOrder(higher, [
    /\(VI_1\): entering FAULT state \(interface eth1 down\)/,
    /\(VI_1\) entering FAULT state/,
  ]);
  const lower = startHoldfast(low);
  await waitForAll(lab, low);
  await high.run(["ip", "link", "set", carrier, "up"]);
  await waitForAll(lab, high);
  await lower.waitForLine(/Entering BACKUP STATE$/);
  const both = [higher, lower] as const;
  for (const [what, lose] of [
    ["down", () => high.run(["ip", "link", "set", carrier, "down"])],
    ["delete", () => high.run(["ip", "link", "delete", carrier])],
  ] as const) {
    const from = lower.lines.length;
    t.diagnostic(`${what}: ${await loseCarrier(pair, both, lose)}`);
    if (what === "down") await high.run(["ip", "link", "set", carrier, "up"]);
    else await high.connect(network, { interface: carrier });
    await waitForAll(lab, high);
    await lower.waitForLine(/Entering BACKUP STATE$/, undefined, from);
  }
}

async function playNoTrack(t: TimedTest): Promise<void> {
  const untracked: Shape = {
    addresses: [`${floatingAddress}/24`, `${onCarrier} no_track`],
    lines: () => [],
  };
  const pair = await buildPair(t, untracked);
  const { lab, high, low } = pair;
  const higher = startHoldfast(high);
  await waitForAll(lab, high);
  const lower = startHoldfast(low);
  await lower.waitForLine(/Entering BACKUP STATE/);
  const from = higher.lines.length;
  await high.pullCable(carrier);
  const state = high.path(`/sys/class/net/${carrier}/operstate`);
  await until("the loss of the carrier", () =>
    readFileSync(state, "latin1") === "up\n" ? undefined : true,
  );
  writeConfig(high, 150, multicast, ...nodeAddresses);
  await signalAndWait(higher, "SIGHUP", /entering FAULT state \(interface eth1 down\)/);
  await waitForAll(lab, low);
  await assertInOrder(higher, [/Reloading|Reload/, /\(VI_1\) Entering FAULT STATE/], from);
  writeConfig(high, 150, untracked, ...nodeAddresses);
  const back = higher.lines.length;
  await signalAndWait(higher, "SIGHUP", /\(VI_1\) Entering BACKUP STATE/);
  await waitForAll(lab, high);
  await signalAndWait(higher, "SIGHUP", /Reload complete/);
  await higher.waitForLine(/Entering MASTER STATE/, undefined, back);
  assertNotLogged(lower, /Entering FAULT STATE/);
}

describe("a MASTER that loses the interface of an address", { concurrency: 3 }, () => {
  for (const [name, shape] of [
    ["version 2, multicast", multicast],
    ["version 3, unicast, an excluded address", excludedUnicast],
  ] as const) {
    test(`holdfast, with keepalived as backup: ${name}`, (t) =>
      playCable(t, shape, startHoldfast, startKeepalived));
    test(`holdfast, with holdfast as backup: ${name}`, (t) =>
      playCable(t, shape, startHoldfast, startHoldfast));
    test(`keepalived, with holdfast as backup: ${name}`, (t) =>
      playCable(t, shape, startKeepalived, startHoldfast));
  }
  test("interface down at the start, set down, and deleted", playLink);
  test("no_track, removed and restored by reloads", playNoTrack);
});
