// Runs pair A, an ordinary configuration, unchanged on two hosts.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { startTcpdump } from "../../lab/capture.ts";
import { sleep, until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { buildPairA, downFile, notifyLog, type PairA } from "../../lab/pair-a.ts";
import { pairAAddress } from "../../lab/pair-configs.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertInOrder,
  assertNotLogged,
  makeOpenFile,
  openLab,
  startHoldfast,
  transition,
} from "./daemons.ts";

async function makePair(
  t: TimedTest,
  name: string,
  keepalivedScriptUser: boolean,
): Promise<{ lab: Lab; pair: PairA }> {
  const lab = await openLab(t, name);
  const pair = await buildPairA(lab, { keepalivedScriptUser });
  // notify.sh runs as keepalived_script if that user exists.
  for (const host of [pair.r1, pair.r2]) makeOpenFile(host, notifyLog);
  return { lab, pair };
}

function notified(host: Host): string[] {
  return host.read(notifyLog).split("\n").slice(0, -1);
}

async function waitUntilNotified(host: Host, count: number): Promise<void> {
  await until(`${count} notifications`, () => (notified(host).length >= count ? true : undefined));
}

/** The senders of the adverts in tcpdump's `lines`. */
function sendersOf(lines: readonly { readonly text: string }[]): Set<string> {
  return new Set(lines.flatMap(({ text }) => / IP (\S+) > 224\.0\.0\.33:/.exec(text)?.[1] ?? []));
}

const advertOfFirst =
  /192\.168\.7\.1 > 224\.0\.0\.33: VRRPv2, Advertisement, vrid 3, prio 99, authtype simple, intvl 1s, length 20$/;

describe("pair A", { concurrency: 3 }, () => {
  test("the address moves with the priority and the check", async (t) => {
    const { lab, pair } = await makePair(t, "pair-a", true);
    const { r1, r2, client } = pair;
    const packets = await startTcpdump(client, { interface: "eth0" });

    const second = startHoldfast(r2);
    await second.waitForLine(/\(VI_1\) Entering MASTER STATE/);
    await lab.waitForHolders(pairAAddress, [r2]);

    const first = startHoldfast(r1);
    await first.waitForLine(/\(VI_1\) Entering MASTER STATE/);
    await lab.waitForHolders(pairAAddress, [r1]);
    await second.waitForLine(/\(VI_1\) Entering BACKUP STATE$/);
    await packets.waitForLine(advertOfFirst, undefined, packets.lines.length);

    const settled = packets.lines.length;
    await until("three adverts", () => (packets.lines.length >= settled + 3 ? true : undefined));
    assert.deepEqual(sendersOf(packets.lines.slice(settled)), new Set(["192.168.7.1"]));

    r1.write(downFile, "");
    await first.waitForLine(/Changing effective priority from 99 to 84/);
    await lab.waitForHolders(pairAAddress, [r2]);
    r1.remove(downFile);
    await lab.waitForHolders(pairAAddress, [r1]);

    // A stopping daemon drops notifications that it has not started yet.
    await waitUntilNotified(r1, 4);
    await first.stop();
    await lab.waitForHolders(pairAAddress, [r2]);
    await waitUntilNotified(r2, 6);
    await second.stop();
    await lab.waitForHolders(pairAAddress, []);

    await assertInOrder(first, [
      /^Starting Keepalived v2\.4\.3 \(holdfast \S+\)$/,
      /^Running on Linux /,
      /^Command line: '\S+\/bin\/holdfast' '-n' '-l' '-D' '-f' '\S+'$/,
      /^Configuration file \/etc\/keepalived\/keepalived\.conf$/,
      /^Starting VRRP child process, pid=\d+$/,
      /^\(VI_1\) Entering BACKUP STATE \(init\)$/,
      /^VRRP_Script\(chk_down\) succeeded$/,
      /^\(VI_1\) Receive advertisement timeout$/,
      /^\(VI_1\) Entering MASTER STATE$/,
      /^\(VI_1\) setting VIPs\.$/,
      /^\(VI_1\) Sending\/queueing gratuitous ARPs on ens39 for 192\.168\.7\.120$/,
      /^Sending gratuitous ARP on ens39 for 192\.168\.7\.120$/,
      /^Script `chk_down` now returning 1$/,
      /^VRRP_Script\(chk_down\) failed \(exited with status 1\)$/,
      /^\(VI_1\) Changing effective priority from 99 to 84$/,
      /^\(VI_1\) Master received advert from 192\.168\.7\.2 with higher priority 90, ours 84$/,
      /^\(VI_1\) Entering BACKUP STATE$/,
      /^\(VI_1\) removing VIPs\.$/,
      /^VRRP_Script\(chk_down\) succeeded$/,
      /^\(VI_1\) Changing effective priority from 84 to 99$/,
      /^\(VI_1\) received lower priority \(90\) advert from 192\.168\.7\.2 - discarding$/,
      /^\(VI_1\) Entering MASTER STATE$/,
      /^Stopping$/,
      /^\(VI_1\) sent 0 priority$/,
      /^Stopped Keepalived v2\.4\.3/,
    ]);
    await assertInOrder(second, [
      /^\(VI_1\) received lower priority \(84\) advert from 192\.168\.7\.1 - discarding$/,
      /^\(VI_1\) Backup received priority 0 advertisement$/,
      /^\(VI_1\) Entering MASTER STATE$/,
    ]);
    // As with keepalived, the initial state is notified too.
    assert.deepEqual(notified(r1), ["backup", "master", "backup", "master"]);
    assert.deepEqual(notified(r2), ["backup", "master", "backup", "master", "backup", "master"]);
  });

  test("skips the check if the user keepalived_script is missing, as keepalived does", async (t) => {
    const { lab, pair } = await makePair(t, "pair-a-no-user", false);
    const { r1, r2 } = pair;
    const second = startHoldfast(r2);
    await lab.waitForHolders(pairAAddress, [r2]);
    const first = startHoldfast(r1);
    await lab.waitForHolders(pairAAddress, [r1]);
    assert.match(first.text(), /keepalived\.conf:17:10: error: .*keepalived_script/);
    await assertInOrder(first, [
      /Line 17\) Unable to set uid\/gid for script '\/etc\/keepalived\/chk_down\.sh'$/,
      /Line 33\) \(VI_1\) track script chk_down not found, ignoring\.\.\.$/,
      /^Script user 'keepalived_script' does not exist$/,
      /^SECURITY VIOLATION - scripts are being executed but script_security not enabled\.$/,
    ]);

    r1.write(downFile, "");
    // Longer than the two failed checks that would lower the priority.
    await sleep(2_500);
    for (const program of [first, second]) {
      assertNotLogged(program, /VRRP_Script|effective priority/);
    }
    assert.deepEqual(lab.holders(pairAAddress), ["r1"]);
    await waitUntilNotified(r1, 2);
    assert.deepEqual(notified(r1), ["backup", "master"]);
  });

  test("dropping protocol 112 makes both nodes MASTER until the drop is lifted", async (t) => {
    const { lab, pair } = await makePair(t, "pair-a-split", true);
    const { r1, r2 } = pair;
    const first = startHoldfast(r1);
    await lab.waitForHolders(pairAAddress, [r1]);
    const second = startHoldfast(r2);
    await second.waitForLine(/Entering BACKUP STATE/);

    // Drop on input only: sending must not fail.
    await Promise.all([r1, r2].map((host) => host.dropProtocol(112, "in")));
    await lab.waitForHolders(pairAAddress, [r1, r2]);
    await sleep(2_500);
    assert.deepEqual(lab.holders(pairAAddress).sort(), ["r1", "r2"]);
    const before = second.lines.length;
    await Promise.all([r1, r2].map((host) => host.liftDrops()));
    await lab.waitForHolders(pairAAddress, [r1]);
    await assertInOrder(
      second,
      [/Master received advert from 192\.168\.7\.1 with higher priority 99, ours 90/, transition],
      before,
    );
    assert.equal(first.lines.filter(({ text }) => transition.test(text)).length, 2);
  });
});
