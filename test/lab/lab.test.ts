// The lab itself, tested with a pair of keepalived.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { startTcpdump } from "../../lab/capture.ts";
import { startGapClient } from "../../lab/gap-client.ts";
import { buildPairA, downFile } from "../../lab/pair-a.ts";
import { pairAAddress } from "../../lab/pair-configs.ts";
import { test } from "../support/timed-test.ts";
import { openLab, startKeepalived } from "./daemons.ts";

describe("the lab", { concurrency: true }, () => {
  test("records elections, failovers and gaps", async (t) => {
    const lab = await openLab(t, "pair");
    const { r1, r2, client } = await buildPairA(lab);
    const packets = await startTcpdump(client, { interface: "eth0" });
    const probe = await startGapClient(client, { address: pairAAddress });

    const second = startKeepalived(r2);
    await second.waitForLine(/\(VI_1\) Entering MASTER STATE/);
    await lab.waitForHolders(pairAAddress, [r2]);
    await probe.waitForAnswer(r2);

    const first = startKeepalived(r1);
    await first.waitForLine(/\(VI_1\) Entering MASTER STATE/);
    await lab.waitForHolders(pairAAddress, [r1]);
    await probe.waitForAnswer(r1);
    await packets.waitForLine(
      /192\.168\.7\.1 > 224\.0\.0\.33: VRRPv2, Advertisement, vrid 3, prio 99, authtype simple, intvl 1s, length 20/,
    );

    r1.write(downFile, "");
    await first.waitForLine(/Changing effective priority from 99 to 84/);
    await lab.waitForHolders(pairAAddress, [r2]);
    r1.remove(downFile);
    await lab.waitForHolders(pairAAddress, [r1]);

    const gapsBefore = probe.gaps.length;
    await r1.pullCable();
    await lab.waitForHolders(pairAAddress, [r2]);
    await probe.waitForAnswer(r2);
    assert.ok(probe.gaps.length > gapsBefore, "a pulled cable causes a gap");
    await r1.plugCable();
    await lab.waitForHolders(pairAAddress, [r1]);

    await first.stop();
    await lab.waitForHolders(pairAAddress, [r2]);
  });

  test("records an overlap when keepalived is killed or frozen", async (t) => {
    const lab = await openLab(t, "overlap");
    const { r1, r2 } = await buildPairA(lab);
    const first = startKeepalived(r1);
    await lab.waitForHolders(pairAAddress, [r1]);
    const second = startKeepalived(r2);
    await second.waitForLine(/Entering BACKUP STATE/);
    assert.deepEqual(lab.overlaps(pairAAddress), []);

    await first.freeze();
    await lab.waitForHolders(pairAAddress, [r1, r2]);
    first.thaw();
    await lab.waitForHolders(pairAAddress, [r1]);
    const [frozen] = lab.overlaps(pairAAddress);
    assert.deepEqual(frozen?.hosts, ["r1", "r2"]);
    assert.ok(frozen?.to !== undefined);

    assert.ok(first.processes().length >= 2, "parent and child");
    await first.killAll();
    assert.deepEqual(first.processes(), []);
    assert.equal((await first.ended).signal, "SIGKILL");
    await lab.waitForHolders(pairAAddress, [r1, r2]);
  });

  test("dropping protocol 112 makes both nodes MASTER until the drop is lifted", async (t) => {
    const lab = await openLab(t, "split");
    const { r1, r2 } = await buildPairA(lab);
    startKeepalived(r1);
    startKeepalived(r2);
    await lab.waitForHolders(pairAAddress, [r1]);
    await r2.dropProtocol(112);
    await lab.waitForHolders(pairAAddress, [r1, r2]);
    await r2.liftDrops();
    await lab.waitForHolders(pairAAddress, [r1]);
  });
});
