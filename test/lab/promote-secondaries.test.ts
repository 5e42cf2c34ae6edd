// Without promote_secondaries the kernel removes all addresses of a subnet with the primary one.

import assert from "node:assert/strict";
import { until } from "../../lab/clock.ts";
import { configPath } from "../../lab/pair-a.ts";
import { test } from "../support/timed-test.ts";
import { buildSingleNode, renderInstance, signalAndWait, startHoldfast } from "./daemons.ts";
import { transitions } from "./fencing-pair.ts";

const setting = "/proc/sys/net/ipv4/conf/eth0/promote_secondaries";

/** An address owner: MASTER at once, with adverts so rare that no renewal restores the address in time. */
function owner(name: string, virtualRouterId: number, address: string): string {
  return renderInstance({ name, virtualRouterId, priority: 255, addresses: [address] })
    .replace("state BACKUP", "state MASTER")
    .replace("advert_int 1", "advert_int 10");
}

test("restores an address that was removed with the primary one of its subnet", async (t) => {
  const second = owner("VI_2", 52, "10.9.0.2/24");
  const { lab, host } = await buildSingleNode(
    t,
    "along",
    owner("VI_1", 51, "10.9.0.1/24") + second,
  );
  const freeze = "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys";
  await host.run(["sh", "-c", `echo 0 > ${setting}; ${freeze}`]);
  const program = startHoldfast(host);
  await program.waitForLine(/Cannot set promote_secondaries on eth0/);
  await lab.waitForHolders("10.9.0.1", [host]);
  await lab.waitForHolders("10.9.0.2", [host]);
  await program.waitForLine(/\(VI_2\) Entering MASTER STATE/);
  const from = program.lines.length;
  host.write(configPath, second);
  await signalAndWait(program, "SIGHUP", /Reload complete/);
  const words = /\(VI_2\) 10\.9\.0\.2\/24 on eth0 was removed with the first address of its subnet/;
  await program.waitForLine(words, undefined, from);
  // The address watch may lag behind the log.
  const [before, after] = await until("the loss and the return of 10.9.0.2", () => {
    const [first, second] = lab.holdings("10.9.0.2").slice(-2);
    return first?.to === undefined || second === undefined ? undefined : ([first, second] as const);
  });
  assert.ok(before.to !== undefined);
  const gap = after.from - before.to;
  t.diagnostic(`it was missing for ${gap.toFixed(1)} ms`);
  assert.ok(gap < 3_000, `${gap} ms`);
  assert.deepEqual(transitions(program, from), []);
  assert.deepEqual(lab.holders("10.9.0.1"), []);
});

test("sets promote_secondaries again if another program resets it", async (t) => {
  const { host } = await buildSingleNode(t, "reset", owner("VI_1", 51, "10.9.0.1/24"));
  await host.run(["sh", "-c", `echo 0 > ${setting}`]);
  const program = startHoldfast(host);
  await program.waitForLine(/Setting promote_secondaries on eth0, it was 0/);
  const from = program.lines.length;
  await host.run(["sh", "-c", `echo 0 > ${setting}`]);
  await program.waitForLine(/Setting promote_secondaries on eth0, it was 0/, undefined, from);
  const { stdout } = await host.run(["cat", setting]);
  assert.equal(stdout.trim(), "1");
  await program.stop();
  await until("the former value", async () => {
    const answer = await host.run(["cat", setting]);
    return answer.stdout.trim() === "0" || undefined;
  });
});
