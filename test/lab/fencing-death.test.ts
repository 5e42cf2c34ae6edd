// A daemon is killed or frozen: the kernel removes its addresses before the backup takes over.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { sleep } from "../../lab/clock.ts";
import { send } from "../../lab/processes.ts";
import { it } from "../support/timed-test.ts";
import {
  assertNoTransition,
  buildPair,
  floating,
  startDaemon,
  transitions,
  waitForChild,
  waitForTransitions,
} from "./fencing-pair.ts";

/** Asserts that r1's addresses were removed within the lease time after their last renewal, and logs the times. */
function assertLeasesEnded(
  t: { diagnostic(text: string): void },
  what: string,
  pair: { gaps(): number[]; ages(): number[] },
): void {
  const gaps = pair.gaps();
  for (const [index, age] of pair.ages().entries()) {
    t.diagnostic(
      `${what}: removed ${age.toFixed(0)} ms after the last renewal, ${gaps[index]?.toFixed(0)} ms before the takeover`,
    );
    assert.ok(age < 2_800, `still there ${age} ms after the last renewal`);
  }
}

describe("a daemon that dies or freezes", { concurrency: true }, () => {
  it("loses its addresses before the takeover if every process is killed", async (t) => {
    const pair = await buildPair(t, "killed");
    const { first, second } = await pair.start();
    await first.killAll();
    await pair.waitForHolders([pair.r2]);
    pair.assertNoOverlap();
    await waitForTransitions(second, [
      "VI_1 BACKUP",
      "VI_1 MASTER",
      "VI_2 BACKUP",
      "VI_2 MASTER",
      "VI_3 BACKUP",
      "VI_3 MASTER",
    ]);
    assertLeasesEnded(t, "killed", pair);
  });

  it("loses its addresses if every process is frozen, and contends properly after waking", async (t) => {
    // In version 3 these priorities have no skew: the shortest possible wait.
    const pair = await buildPair(t, "frozen", { instance: "version 3" });
    const { first } = await pair.start();
    await first.freeze();
    await pair.waitForHolders([pair.r2]);
    pair.assertNoOverlap();
    assertLeasesEnded(t, "frozen", pair);

    const from = first.lines.length;
    const thawedAt = first.thaw();
    for (const name of ["VI_1", "VI_2", "VI_3"]) {
      await first.waitForLine(new RegExp(`\\(${name}\\) Entering BACKUP STATE`), undefined, from);
    }
    // Only the first instance preempts.
    await first.waitForLine(/\(VI_1\) Entering MASTER STATE/, undefined, from);
    await pair.waitForPreemption();
    pair.assertNoOverlap(floating.slice(2));
    for (const address of floating.slice(0, 2)) {
      // A preempting node sends its advert and adds the address together; the peer leaves on the advert.
      const again = pair.lab.holdings(address)[2];
      assert.equal(again?.host, "r1");
      assert.ok(again.from - thawedAt >= 3_000, `${address} was taken without listening`);
    }
    const [one, two, three, ...rest] = transitions(first, from);
    assert.deepEqual([one, two, three].sort(), ["VI_1 BACKUP", "VI_2 BACKUP", "VI_3 BACKUP"]);
    assert.deepEqual(rest, ["VI_1 MASTER"]);
  });

  it("becomes BACKUP if it wakes between the end of a lease and the takeover", async (t) => {
    const pair = await buildPair(t, "half");
    const { first } = await pair.start();
    await first.freeze();
    const from = first.lines.length;
    const [early = ""] = floating;
    await pair.waitUntilLost([early]);
    first.thaw();
    await first.waitForLine(/\(VI_1\) Entering BACKUP STATE/, undefined, from);
    await pair.lab.waitForHolders(early, [pair.r2]);
    pair.assertNoOverlap();
  });

  it("keeps its state over a pause shorter than its leases", async (t) => {
    const pair = await buildPair(t, "pause");
    const { first, second } = await pair.start();
    const from = first.lines.length;
    const fromSecond = second.lines.length;
    const processes = [first.pid ?? 0, (await waitForChild(first)).pid];
    for (let pauses = 0; pauses < 3; pauses++) {
      for (const pid of processes) send(pid, "SIGSTOP");
      await sleep(400);
      for (const pid of processes) send(pid, "SIGCONT");
      await assertNoTransition(1_200, [first, from], [second, fromSecond]);
    }
    await pair.waitForHolders([pair.r1], 0);
    assert.ok(floating.every((address) => pair.lab.holdings(address).length === 1));
  });

  it("waits for adverts before it takes its addresses back, even without a peer", async (t) => {
    const pair = await buildPair(t, "alone");
    const first = startDaemon(pair.r1);
    await pair.waitForHolders([pair.r1]);
    await first.freeze();
    for (const address of floating) await pair.lab.waitForHolders(address, []);
    const from = first.lines.length;
    const thawedAt = first.thaw();
    await pair.waitForHolders([pair.r1]);
    for (const address of floating) {
      const again = pair.lab.holdings(address)[1]?.from ?? 0;
      assert.ok(again - thawedAt >= 3_000, `${address} was taken without listening`);
    }
    assert.deepEqual(transitions(first, from).slice(0, 3).sort(), [
      "VI_1 BACKUP",
      "VI_2 BACKUP",
      "VI_3 BACKUP",
    ]);
  });

  it("without leases steps down as soon as it wakes, and contends after the usual wait", async (t) => {
    const pair = await buildPair(t, "leaseless", { global: "vip_lease off" });
    const { first } = await pair.start();
    await first.freeze();
    // Without leases the kernel does not remove a frozen node's addresses.
    await pair.waitForHolders([pair.r1, pair.r2]);
    const from = first.lines.length;
    const thawedAt = first.thaw();
    await pair.waitForHolders([pair.r2]);
    await first.waitForLine(/another router may hold the addresses|was delayed/, undefined, from);
    for (const address of floating) assert.equal(pair.lab.overlaps(address).length, 1);
    await pair.waitForPreemption();
    for (const address of floating.slice(0, 2)) {
      const again = pair.lab.holdings(address)[2];
      assert.equal(again?.host, "r1");
      assert.ok(again.from - thawedAt >= 3_000, `${address} was taken without listening`);
    }
  });

  it("loses its addresses within 2.3 s if adverts are too frequent for a lease to end in time", async (t) => {
    const pair = await buildPair(t, "quick", { advertSeconds: 0.1, instance: "version 3" });
    const { first } = await pair.start();
    const killedAt = await first.killAll();
    await pair.waitForHolders([pair.r2]);
    for (const address of floating) {
      const gone = (pair.lab.holdings(address)[0]?.to ?? Number.NaN) - killedAt;
      t.diagnostic(`${address} was removed ${gone.toFixed(0)} ms after kill -9`);
      assert.ok(gone < 2_300, `${address} was removed after ${gone} ms`);
    }
  });
});
