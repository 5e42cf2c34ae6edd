// A vrrp process is killed, but its exit is not reported: a tracer holds it, or its channel stays open.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { until, wallMillis } from "../../lab/clock.ts";
import { send } from "../../lab/processes.ts";
import { closeDescriptor } from "../../src/os/net/socket.ts";
import { duplicateFrom } from "../../src/os/process/process-control.ts";
import { it } from "../support/timed-test.ts";
import {
  assertNoTransition,
  buildPair,
  floating,
  linesOf,
  startDaemon,
  waitForChild,
  waitUntilResumed,
} from "./fencing-pair.ts";
import { hangForGood } from "./hang.ts";

/** The descriptor of the channel to the parent, in every Node child. */
const CHANNEL_FD = 3;

describe("a killed vrrp process whose exit is not reported", { concurrency: true }, () => {
  it("has its addresses removed at once with short advert intervals, and is replaced", async (t) => {
    const pair = await buildPair(t, "held-fast", { advertSeconds: 0.1, instance: "version 3" });
    const daemon = startDaemon(pair.r1);
    await pair.waitForHolders([pair.r1]);
    const child = await waitForChild(daemon);
    const from = daemon.lines.length;
    const release = await hangForGood(t, child.pid);
    const heldAt = wallMillis();
    await pair.waitUntilLost();
    for (const address of floating) {
      const after = (pair.lab.holdings(address)[0]?.to ?? Number.NaN) - heldAt;
      t.diagnostic(`${address} was removed after ${after.toFixed(0)} ms`);
      // Three advert intervals plus a margin for a busy machine: less than a lease lasts.
      assert.ok(after < 800, `${address} was removed after ${after} ms`);
    }
    await daemon.waitForLine(/has not ended after SIGKILL/, undefined, from);
    await pair.waitForHolders([pair.r1]);

    // Its late exit does not affect the new process.
    const fromEnd = daemon.lines.length;
    release();
    await daemon.waitForLine(/killed before, has ended/, undefined, fromEnd);
    const holdings = floating.map((address) => pair.lab.holdings(address).length);
    await assertNoTransition(1_000, [daemon, fromEnd]);
    assert.deepEqual(
      floating.map((address) => pair.lab.holdings(address).length),
      holdings,
    );
    assert.equal((await daemon.stop()).code, 0, daemon.text());
  });

  for (const [name, options] of [
    ["leases", {}],
    ["no leases", { global: "vip_lease off" }],
    ["no leases and two adverts", { global: "vip_lease off", instance: "down_timer_adverts 2" }],
  ] as const) {
    it(`has its addresses removed before its peer takes over, with ${name}`, async (t) => {
      const pair = await buildPair(t, `held-${name.replaceAll(" ", "-")}`, options);
      const { first, second } = await pair.start();
      const child = await waitForChild(first);
      const from = first.lines.length;
      await hangForGood(t, child.pid);
      await pair.waitForHolders([pair.r2], undefined, floating.slice(2));
      pair.assertNoOverlap(floating.slice(2));
      await first.waitForLine(/has not ended after SIGKILL/, undefined, from);
      // It contends again; only the first instance preempts.
      await pair.waitForPreemption();
      assert.equal(linesOf(first, /still MASTER/, from).length, 0);
      assert.equal((await first.stop()).code, 0, first.text());
      assert.equal((await second.stop()).code, 0, second.text());
    });
  }

  it("does not prevent a stop from removing its addresses and ending the daemon", async (t) => {
    const pair = await buildPair(t, "held-stop", { global: "vip_lease off" });
    const { first } = await pair.start();
    const child = await waitForChild(first);
    await hangForGood(t, child.pid);
    send(first.pid ?? 0, "SIGTERM");
    assert.equal((await first.ended).code, 0, first.text());
    await pair.waitForHolders([pair.r2]);
    pair.assertNoOverlap();
  });

  it("is resumed if only its channel stays open", async (t) => {
    const pair = await buildPair(t, "channel");
    const { first, second } = await pair.start();
    const child = await waitForChild(first);
    const from = first.lines.length;
    const fromSecond = second.lines.length;
    const channel = duplicateFrom(child.pid, CHANNEL_FD);
    t.after(() => closeDescriptor(channel));
    send(child.pid, "SIGKILL");
    await waitUntilResumed(first, from);
    await until("another process", async () => (await waitForChild(first)).pid !== child.pid);
    await pair.assertNothingMoves([first, from], [second, fromSecond]);
  });
});
