// Another program deletes floating addresses or their interface.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import { send } from "../../lab/processes.ts";
import { it } from "../support/timed-test.ts";
import {
  assertNever,
  assertNoTransition,
  buildPair,
  configFile,
  type FencingPair,
  floating,
  instanceNames,
  instances,
  linesOf,
  pairConfig,
  transitions,
  waitForChild,
  waitForTransitions,
  waitUntilResumed,
} from "./fencing-pair.ts";

/** How long `address` was missing on `host` each time before it was restored; milliseconds. */
function absences(pair: FencingPair, host: Host, address: string): number[] {
  const held = pair.lab.holdings(address).filter((holding) => holding.host === host.name);
  return held.slice(1).map(({ from }, index) => from - (held[index]?.to ?? Number.NaN));
}

describe("addresses deleted by another program", { concurrency: true }, () => {
  it("are restored within 100 ms without a change of state", async (t) => {
    const pair = await buildPair(t, "deleted");
    const { first, second } = await pair.start();
    const from = first.lines.length;
    const fromSecond = second.lines.length;
    const times: number[] = [];
    for (const { addresses } of instances) {
      for (const address of addresses) {
        await pair.r1.run(["ip", "address", "del", address, "dev", "eth0"]);
        const [name = ""] = address.split("/");
        await until(`${address} to be put back`, () => absences(pair, pair.r1, name)[0]);
        await pair.lab.waitForHolders(name, [pair.r1]);
        const [gone = Number.NaN] = absences(pair, pair.r1, name);
        t.diagnostic(`${address} was restored after ${gone.toFixed(1)} ms`);
        assert.ok(gone < 1_000, `${address} was missing for ${gone} ms`);
        times.push(gone);
      }
    }
    // A busy machine may delay one of them, not all.
    assert.ok(Math.min(...times) < 100, `they were missing for ${times.join(", ")} ms`);
    await pair.r1.run(["ip", "address", "flush", "dev", "eth0", "to", "10.9.0.0/16"]);
    await until("all to be put back", () => {
      return (
        linesOf(first, /deleted by another program, restoring it/, from).length >= 8 || undefined
      );
    });
    await pair.waitForHolders([pair.r1]);
    await assertNoTransition(3_500, [first, from], [second, fromSecond]);
    await pair.waitForHolders([pair.r1], 0);
  });

  it("are not restored with no_track, neither by a resumed process", async (t) => {
    const pair = await buildPair(t, "untracked");
    const [own = "", other = ""] = instances[1]?.addresses ?? [];
    pair.r1.write(configFile, pairConfig(0).replace(own, `${own} no_track`));
    const { first } = await pair.start();
    const from = first.lines.length;
    await pair.r1.run(["ip", "address", "del", own, "dev", "eth0"]);
    const isBack = (): boolean => absences(pair, pair.r1, own.split("/")[0] ?? "").length > 0;
    await assertNever("the address is back", isBack, 1_500);
    send((await waitForChild(first)).pid, "SIGKILL");
    await waitUntilResumed(first, from, ["VI_2"]);
    await assertNever("the address is back", isBack, 1_500);
    await pair.lab.waitForHolders(other.split("/")[0] ?? "", [pair.r1], 0);
    assert.deepEqual(transitions(first, from), []);
  });

  it("are handed over if the interface's own address is deleted", async (t) => {
    const pair = await buildPair(t, "own");
    const { first } = await pair.start();
    const from = first.lines.length;
    // The floating addresses remain, but cannot be the source of adverts.
    await pair.r1.run(["ip", "address", "del", "192.168.7.1/24", "dev", "eth0"]);
    await pair.waitForHolders([pair.r2]);
    pair.assertNoOverlap();
    await waitForTransitions(
      first,
      instanceNames.map((name) => `${name} FAULT`),
      from,
    );
    assert.deepEqual(linesOf(first, /the kernel ended the lease/, from), []);
    await pair.r1.run(["ip", "address", "add", "192.168.7.1/24", "dev", "eth0"]);
    await pair.waitForPreemption();
  });

  it("are given up, and the reason logged, if deleted repeatedly", async (t) => {
    const pair = await buildPair(t, "loop");
    const { first, second } = await pair.start();
    const from = first.lines.length;
    const [contested = ""] = instances[1]?.addresses ?? [];
    const deleting = pair.r1.spawn([
      "sh",
      "-c",
      `for i in $(seq 400); do ip address del ${contested} dev eth0 2>/dev/null; sleep 0.02; done`,
    ]);
    await first.waitForLine(
      /\(VI_2\) 10\.9\.0\.1\/24 on eth0 was deleted too often, resigning/,
      undefined,
      from,
    );
    for (const address of floating.slice(2, 4)) {
      await pair.lab.waitForHolders(address, [pair.r2]);
    }
    pair.assertNoOverlap();
    await second.waitForLine(/\(VI_2\) Backup received priority 0/);
    await waitForTransitions(first, ["VI_2 BACKUP"], from);
    assert.equal(absences(pair, pair.r1, contested.split("/")[0] ?? "").length, 5);
    await pair.waitForHolders([pair.r1], 0, floating.slice(0, 2));
    await deleting.stop();
  });

  it("are handed over when their interface goes down, and contended for when it comes up", async (t) => {
    const pair = await buildPair(t, "down");
    const { first } = await pair.start();
    const from = first.lines.length;
    await pair.r1.run(["ip", "link", "set", "eth0", "down"]);
    await pair.waitForHolders([pair.r2]);
    pair.assertNoOverlap();
    assert.equal(linesOf(first, /restoring it/, from).length, 0);
    await waitForTransitions(
      first,
      instanceNames.map((name) => `${name} FAULT`),
      from,
    );
    await pair.r1.run(["ip", "link", "set", "eth0", "up"]);
    await pair.waitForPreemption();
  });

  it("are taken over when their interface is deleted, and the daemon keeps running", async (t) => {
    const pair = await buildPair(t, "gone");
    const { first } = await pair.start();
    const from = first.lines.length;
    await pair.r1.run(["ip", "link", "del", "eth0"]);
    await pair.waitForHolders([pair.r2]);
    pair.assertNoOverlap();
    assert.equal(linesOf(first, /restoring it/, from).length, 0);
    for (const name of instanceNames) {
      await first.waitForLine(new RegExp(`\\(${name}\\) Entering FAULT STATE`), undefined, from);
    }
    await pair.r1.connect(pair.network, { interface: "eth0", address: "192.168.7.1/24" });
    await pair.waitForPreemption();
    assert.equal(first.exit, undefined);
  });
});
