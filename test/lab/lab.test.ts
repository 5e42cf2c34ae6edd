// The lab itself, with two of Debian's keepalived as a pair whose behaviour is known.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { startTcpdump } from "../../lab/capture.ts";
import { startGapClient } from "../../lab/gap-client.ts";
import type { Host } from "../../lab/host.ts";
import { createLab } from "../../lab/lab.ts";
import { buildPairA, configPath, downFile } from "../../lab/pair-a.ts";
import { pairAAddress } from "../../lab/pair-configs.ts";
import type { Program } from "../../lab/program.ts";
import { test } from "../support/timed-test.ts";

function startKeepalived(host: Host): Program {
  return host.spawn(["keepalived", "-n", "-l", "-D", "-f", configPath]);
}

describe("the lab", { concurrency: true }, () => {
  test("a pair of keepalived elects, fails over and is measured", async (t) => {
    const lab = await createLab({ name: "pair" });
    t.after(() => lab.close());
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
    assert.ok(probe.gaps.length > gapsBefore, "a pulled cable is a gap for the client");
    await r1.plugCable();
    await lab.waitForHolders(pairAAddress, [r1]);

    await first.stop();
    await lab.waitForHolders(pairAAddress, [r2]);
  });

  test("what keepalived leaves behind when it is killed or frozen shows as an overlap", async (t) => {
    const lab = await createLab({ name: "overlap" });
    t.after(() => lab.close());
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

  test("dropping protocol 112 in a firewall makes both master, lifting it leaves one", async (t) => {
    const lab = await createLab({ name: "split" });
    t.after(() => lab.close());
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
