// The vrrp process is killed or frozen while its parent runs, and vice versa.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { startTcpdump } from "../../lab/capture.ts";
import { sleep, until, wallMillis } from "../../lab/clock.ts";
import { startEcho, startGapClient } from "../../lab/gap-client.ts";
import { send } from "../../lab/processes.ts";
import { it } from "../support/timed-test.ts";
import { prepareAdvert } from "./fencing-advert.ts";
import {
  assertNever,
  assertNoTransition,
  buildPair,
  childOf,
  configFile,
  floating,
  instanceNames,
  instances,
  linesOf,
  pairConfig,
  startDaemon,
  transitions,
  waitForChild,
  waitForResignations,
  waitForTransitions,
  waitUntilResumed,
  waitUntilStarted,
} from "./fencing-pair.ts";
import { hang } from "./hang.ts";

describe("a vrrp process that alone dies or freezes", { concurrency: true }, () => {
  it("is replaced by one that resumes its state, unnoticed by client and backup", async (t) => {
    const pair = await buildPair(t, "resume");
    await Promise.all([startEcho(pair.r1), startEcho(pair.r2)]);
    const client = await pair.lab.addHost("client");
    await client.connect(pair.network, { interface: "eth0", address: "192.168.7.100/24" });
    const { first, second } = await pair.start();
    const probe = await startGapClient(client, { address: floating[0] ?? "" });
    await probe.waitForAnswer(pair.r1);
    const from = first.lines.length;
    const fromSecond = second.lines.length;

    const killed = await waitForChild(first);
    const killedAt = performance.now();
    send(killed.pid, "SIGKILL");
    await waitUntilResumed(first, from);
    t.diagnostic(`resumed ${(performance.now() - killedAt).toFixed(0)} ms after kill -9`);
    assert.notEqual(childOf(first)?.pid, killed.pid);
    await pair.assertNothingMoves([first, from], [second, fromSecond]);
    assert.deepEqual(probe.gaps, []);
  });

  it("is resumed twice in a minute; the third death hands over properly", async (t) => {
    const pair = await buildPair(t, "thrice");
    const { first, second } = await pair.start();
    for (let deaths = 0; deaths < 2; deaths++) {
      const from = first.lines.length;
      send((await waitForChild(first)).pid, "SIGKILL");
      await waitUntilResumed(first, from);
    }
    assert.deepEqual(transitions(second).length, 3, "the backup never left BACKUP");
    const from = first.lines.length;
    const killedAt = performance.now();
    send((await waitForChild(first)).pid, "SIGKILL");
    await pair.waitForHolders([pair.r2]);
    t.diagnostic(`handed over ${(performance.now() - killedAt).toFixed(0)} ms after kill -9`);
    pair.assertNoOverlap();
    await waitForResignations(second);
    await waitUntilStarted(first, from);
    // The new process contends like any starting one.
    await pair.waitForPreemption();
  });

  it("receives a higher-priority advert sent while no process was running", async (t) => {
    const pair = await buildPair(t, "queued");
    const stranger = await pair.lab.addHost("stranger");
    await stranger.connect(pair.network, { interface: "eth0", address: "192.168.7.3/24" });
    const { first } = await pair.start();
    const better = { source: "192.168.7.3", instance: 1, priority: 255 };
    const sendAdvert = await prepareAdvert(stranger, better);
    const from = first.lines.length;
    const parent = first.pid ?? 0;
    const child = await waitForChild(first);
    send(parent, "SIGSTOP");
    send(child.pid, "SIGKILL");
    await until("the death of the vrrp process", () => childOf(first) === undefined || undefined);
    await sendAdvert();
    send(parent, "SIGCONT");
    await first.waitForLine(/\(VI_2\) Entering BACKUP STATE/, undefined, from);
    await pair.waitUntilLost(floating.slice(2, 4));
    await waitUntilResumed(first, from, ["VI_1", "VI_3"]);
    await waitForTransitions(first, ["VI_2 BACKUP"], from);
  });

  it("is not resumed if its parent is too late", async (t) => {
    const pair = await buildPair(t, "late");
    const { first } = await pair.start();
    const from = first.lines.length;
    const parent = first.pid ?? 0;
    const child = await waitForChild(first);
    send(parent, "SIGSTOP");
    send(child.pid, "SIGKILL");
    await pair.waitForHolders([pair.r2]);
    send(parent, "SIGCONT");
    await waitUntilStarted(first, from);
    await pair.waitForPreemption();
    pair.assertNoOverlap(floating.slice(2));
    assert.equal(linesOf(first, /still MASTER/, from).length, 0);
  });

  it("keeps working while its parent is frozen, and is not replaced afterwards", async (t) => {
    const pair = await buildPair(t, "parent");
    const { first, second } = await pair.start();
    const from = first.lines.length;
    const fromSecond = second.lines.length;
    const child = await waitForChild(first);
    send(first.pid ?? 0, "SIGSTOP");
    await assertNoTransition(4_000, [first, from], [second, fromSecond]);
    send(first.pid ?? 0, "SIGCONT");
    await assertNoTransition(1_000, [first, from], [second, fromSecond]);
    assert.equal(childOf(first)?.pid, child.pid);
  });

  it("is killed and resumed if frozen", async (t) => {
    const pair = await buildPair(t, "stopped");
    const { first, second } = await pair.start();
    const from = first.lines.length;
    const fromSecond = second.lines.length;
    const stoppedAt = performance.now();
    send((await waitForChild(first)).pid, "SIGSTOP");
    await waitUntilResumed(first, from);
    t.diagnostic(`resumed ${(performance.now() - stoppedAt).toFixed(0)} ms after SIGSTOP`);
    await pair.assertNothingMoves([first, from], [second, fromSecond]);
  });

  for (const [how, advertSeconds] of [
    ["is stopped", 0.1],
    ["is stopped", 0.01],
    ["hangs", 0.1],
  ] as const) {
    it(`has its addresses removed by the parent when it ${how}, adverts every ${advertSeconds} s`, async (t) => {
      const pair = await buildPair(t, `fast${advertSeconds * 1000}`, {
        advertSeconds,
        instance: "version 3",
      });
      const packets = await startTcpdump(pair.r2, { interface: "eth0" });
      // Without a peer: with such short intervals two nodes would swap roles on a busy machine.
      const daemon = startDaemon(pair.r1);
      await pair.waitForHolders([pair.r1]);
      const child = await waitForChild(daemon);
      const from = daemon.lines.length;
      if (how === "hangs") await hang(t, child.pid);
      const stoppedAt = wallMillis();
      if (how === "is stopped") send(child.pid, "SIGSTOP");
      // On a busy machine the missing heartbeat may be noticed first.
      const why = how === "hangs" ? "does not answer" : "(?:is stopped|does not answer)";
      await daemon.waitForLine(new RegExp(`vrrp child process.* ${why}: killing`), undefined, from);
      await daemon.waitForLine(/Removed 5 addresses of the vrrp process/, undefined, from);
      const ends: number[] = [];
      for (const { name, virtualRouterId, addresses } of instances) {
        for (const address of addresses.map((entry) => entry.split("/")[0] ?? "")) {
          const removed = await until(`the removal of ${address}`, () => {
            return pair.lab.holdings(address).find(({ to }) => to !== undefined && to > stoppedAt)
              ?.to;
          });
          const after = removed - stoppedAt;
          t.diagnostic(`${address} was removed after ${after.toFixed(0)} ms`);
          ends.push(after);
        }
        await packets.waitForLine(new RegExp(`vrid ${virtualRouterId}, prio 0,`));
        await daemon.waitForLine(
          new RegExp(`\\(${name}\\) Entering BACKUP STATE`),
          undefined,
          from,
        );
      }
      // Three advert intervals or 100 ms, plus a margin for a busy machine: half the lease time.
      const limit = Math.max(3_000 * advertSeconds, 100) + 500;
      assert.ok(Math.max(...ends) < limit, `removed after ${ends.join(", ")} ms, not ${limit}`);
    });
  }

  it("is resumed, then reloaded, if a reload finds it frozen", async (t) => {
    const pair = await buildPair(t, "frozen-reload");
    const { first, second } = await pair.start();
    const from = first.lines.length;
    const fromSecond = second.lines.length;
    const child = await waitForChild(first);
    send(child.pid, "SIGSTOP");
    // VI_3 alone has this priority.
    pair.r1.write(configFile, pairConfig(0).replace("priority 100\n", "priority 101\n"));
    send(first.pid ?? 0, "SIGHUP");
    await first.waitForLine(/Reload complete/, undefined, from);
    await first.waitForLine(
      /\(VI_3\) Changing effective priority from 100 to 101/,
      undefined,
      from,
    );
    assert.notEqual((await waitForChild(first)).pid, child.pid);
    await assertNoTransition(3_000, [first, from], [second, fromSecond]);
  });

  it("shuts down properly when its parent is killed, and a new daemon can start at once", async (t) => {
    const pair = await buildPair(t, "orphan");
    const { first, second } = await pair.start();
    const child = await waitForChild(first);
    const killedAt = wallMillis();
    send(first.pid ?? 0, "SIGKILL");
    const again = startDaemon(pair.r1);
    await pair.waitForHolders([pair.r2]);
    pair.assertNoOverlap();
    await waitForResignations(second);
    for (const address of floating) {
      const [, theirs] = pair.lab.holdings(address);
      t.diagnostic(`taken over ${((theirs?.from ?? 0) - killedAt).toFixed(0)} ms after kill -9`);
    }
    await again.waitForLine(/\(VI_1\) Entering MASTER STATE/);
    assert.equal(linesOf(again, /already running/).length, 0);
    await until("the exit of the former child", () => {
      return first.processes().some(({ pid }) => pid === child.pid) ? undefined : true;
    });
  });

  it("frozen when its parent is killed, removes no address of the next daemon", async (t) => {
    const pair = await buildPair(t, "thawed");
    const former = startDaemon(pair.r1);
    await pair.waitForHolders([pair.r1]);
    const child = await waitForChild(former);
    send(child.pid, "SIGSTOP");
    send(former.pid ?? 0, "SIGKILL");
    const next = startDaemon(pair.r1);
    for (const name of instanceNames) {
      await next.waitForLine(new RegExp(`\\(${name}\\) Entering MASTER STATE`));
    }
    const from = next.lines.length;
    send(child.pid, "SIGCONT");
    await until("the exit of the former child", () => {
      return former.processes().some(({ pid }) => pid === child.pid) ? undefined : true;
    });
    await assertNever(
      "a removed address",
      () => linesOf(next, /deleted by another program|lease of/, from).length > 0,
      1_500,
    );
    assert.deepEqual(transitions(next, from), []);
  });

  it("ends the daemon under -R, after its addresses are removed and it has resigned", async (t) => {
    const pair = await buildPair(t, "respawn");
    const { first, second } = await pair.start(["-R"]);
    send((await waitForChild(first)).pid, "SIGKILL");
    await pair.waitForHolders([pair.r2]);
    pair.assertNoOverlap();
    await waitForResignations(second);
    const { code, signal } = await first.ended;
    assert.equal(signal, null);
    assert.notEqual(code, 0);
  });
});

describe("a stop just after the death of the vrrp process", { concurrency: true }, () => {
  // Addresses without a lease would never be removed.
  for (const millis of [0, 60, 90, 120, 180]) {
    it(`removes all addresses if it follows after ${millis} ms`, async (t) => {
      const pair = await buildPair(t, "stop-resume", { global: "vip_lease off" });
      const first = startDaemon(pair.r1);
      await pair.waitForHolders([pair.r1]);
      send((await waitForChild(first)).pid, "SIGKILL");
      await sleep(millis);
      assert.equal((await first.stop()).code, 0, first.text());
      await pair.waitForHolders([]);
    });
  }
});

describe("a vrrp process that replaces a dead one", { concurrency: true }, () => {
  it("does not delay a stop if it is frozen", async (t) => {
    const pair = await buildPair(t, "stop-stopped", { global: "vip_lease off" });
    const first = startDaemon(pair.r1);
    await pair.waitForHolders([pair.r1]);
    const killed = await waitForChild(first);
    send(killed.pid, "SIGKILL");
    send((await waitForChild(first, killed.pid)).pid, "SIGSTOP");
    const stoppedAt = performance.now();
    assert.equal((await first.stop()).code, 0, first.text());
    const took = performance.now() - stoppedAt;
    assert.ok(took < 4_000, `not after child_wait_time: ${took} ms`);
    await pair.waitForHolders([]);
  });

  it("is killed before the peers take over if it freezes before it has resumed", async (t) => {
    for (let tries = 1; ; tries++) {
      // Addresses without a lease do not expire.
      const pair = await buildPair(t, "slow-start", { global: "vip_lease off" });
      const { first, second } = await pair.start();
      const from = first.lines.length;
      const killed = await waitForChild(first);
      send(killed.pid, "SIGKILL");
      send((await waitForChild(first, killed.pid)).pid, "SIGSTOP");
      const why = await first.waitForLine(
        /(is too slow to start|is stopped): killing/,
        undefined,
        from,
      );
      // It had already resumed when it was stopped: try again.
      if (why.text.includes("is stopped") && tries < 3) continue;
      assert.match(why.text, /is too slow to start/);
      await pair.waitForHolders([pair.r2]);
      pair.assertNoOverlap();
      await waitForResignations(second);
      return;
    }
  });

  it("finishes the removal of addresses that a reload had begun when the former one died", async (t) => {
    const options = { global: "vip_lease off" };
    const pair = await buildPair(t, "mid-reload", options);
    const crowd = Array.from({ length: 2_000 }, (_, n) => `10.78.${n >> 8}.${n & 255}/32\n`);
    const config = pairConfig(0, options);
    const block = `virtual_ipaddress_excluded {\n${crowd.join("")}}\n`;
    pair.r1.write(configFile, config.replace("virtual_ipaddress", `${block}virtual_ipaddress`));
    const count = (kind: "added" | "removed"): number => {
      // A process that was stalled sets its addresses again; count each only once.
      const changes = pair.lab.addressChanges.filter((change) => change.kind === kind);
      const texts = changes.map(({ address }) => address);
      return new Set(texts.filter((text) => text.startsWith("10.78."))).size;
    };
    const daemon = startDaemon(pair.r1);
    await pair.waitForHolders([pair.r1]);
    await until("all addresses", () => count("added") === crowd.length || undefined);
    const child = await waitForChild(daemon);
    const from = daemon.lines.length;
    pair.r1.write(configFile, config);
    send(daemon.pid ?? 0, "SIGHUP");
    await until("the first removal", () => count("removed") > 0 || undefined, undefined, 1);
    send(child.pid, "SIGKILL");
    t.diagnostic(`${count("removed")} of ${crowd.length} were removed when it was killed`);
    await until("the removal of all", () => count("removed") === crowd.length || undefined);
    await waitUntilResumed(daemon, from);
    await pair.waitForHolders([pair.r1], 0);
  });

  it("resumes as a backup without running notify scripts or affecting its peer", async (t) => {
    const pair = await buildPair(t, "resume-backup", {
      instance: 'notify "/etc/holdfast/notify.sh"',
    });
    for (const host of [pair.r1, pair.r2]) {
      host.write("/etc/holdfast/notify.sh", '#!/bin/sh\necho "$2 $3" >> /tmp/notified\n', 0o755);
      host.write("/tmp/notified", "", 0o666);
    }
    const { first, second } = await pair.start();
    const notified = (): string[] =>
      pair.r2.read("/tmp/notified").split("\n").filter(Boolean).sort();
    await until("three notifications", () => notified().length === 3 || undefined);
    // The record survives a reload.
    second.signal("SIGHUP");
    await second.waitForLine(/Reload complete/);
    const from = second.lines.length;
    const fromFirst = first.lines.length;
    const child = await waitForChild(second);
    send(child.pid, "SIGKILL");
    await waitForChild(second, child.pid);
    await second.waitForLine(/\(VI_3\) master set to/, undefined, from);
    await assertNoTransition(3_000, [second, from], [first, fromFirst]);
    assert.deepEqual(notified(), ["VI_1 BACKUP", "VI_2 BACKUP", "VI_3 BACKUP"]);
    // Later transitions do run the script.
    await first.stop();
    await until("six notifications", () => notified().length === 6 || undefined);
  });
});
