// Leases: their default length, the effect of vip_lease, and the addresses that have none.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import { send } from "../../lab/processes.ts";
import { it } from "../support/timed-test.ts";
import {
  buildPair,
  configFile,
  linesOf,
  startDaemon,
  transitions,
  waitForChild,
  waitForTransitions,
} from "./fencing-pair.ts";

interface SoloOptions {
  readonly global?: string;
  readonly instance?: string;
  readonly priority?: number;
  readonly addresses?: readonly string[];
}

/** Renders one instance that becomes MASTER soon after its start. */
function soloConfig(options: SoloOptions = {}): string {
  const { global = "", instance = "", priority = 200 } = options;
  const { addresses = ["192.168.7.101/24", "10.9.0.1/24"] } = options;
  return `global_defs {
    ${global}
}
vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 11
    priority ${priority}
    advert_int 1
    ${instance}
    virtual_ipaddress {
        ${addresses.join("\n        ")}
    }
}
`;
}

/** Remaining lifetime of each address on eth0, in seconds or "forever". */
async function lifetimes(host: Host): Promise<Map<string, number | "forever">> {
  const { stdout } = await host.run(["ip", "-4", "-o", "address", "show", "dev", "eth0"]);
  return new Map(
    [...stdout.matchAll(/inet (\S+)\/\d+ .*valid_lft (forever|\d+)/g)].map((match) => {
      const [, address = "", seconds = ""] = match;
      return [address, seconds === "forever" ? "forever" : Number(seconds)];
    }),
  );
}

async function promoteSecondaries(host: Host): Promise<string> {
  const { stdout } = await host.run(["cat", "/proc/sys/net/ipv4/conf/eth0/promote_secondaries"]);
  return stdout.trim();
}

const held = ["192.168.7.101", "10.9.0.1"] as const;

describe("leases", { concurrency: true }, () => {
  it("last two seconds with adverts every second, and set promote_secondaries", async (t) => {
    const { lab, r1 } = await buildPair(t, "default");
    await r1.run(["sysctl", "-qw", "net.ipv4.conf.eth0.promote_secondaries=0"]);
    r1.write(configFile, soloConfig());
    const daemon = startDaemon(r1);
    for (const address of held) await lab.waitForHolders(address, [r1]);
    const left = await lifetimes(r1);
    for (const address of held) {
      assert.ok(Number(left.get(address)) <= 2, `${left.get(address)}`);
    }
    assert.equal(left.get("192.168.7.1"), "forever", "the host's own address has no lease");
    assert.equal(await promoteSecondaries(r1), "1");
    await daemon.waitForLine(/Setting promote_secondaries on eth0, it was 0/);
    await daemon.stop();
    assert.equal(await promoteSecondaries(r1), "0", "it is restored");
    for (const address of held) await lab.waitForHolders(address, []);
  });

  it("last as long as vip_lease says, with a warning if that is too long", async (t) => {
    const { lab, r1 } = await buildPair(t, "five");
    r1.write(configFile, soloConfig({ global: "vip_lease 5" }));
    const daemon = startDaemon(r1);
    await daemon.waitForLine(
      /its addresses may stay for 6.* s, but a backup may take over after 3/,
    );
    for (const address of held) await lab.waitForHolders(address, [r1]);
    const left = await lifetimes(r1);
    for (const address of held) {
      const seconds = Number(left.get(address));
      assert.ok(seconds > 2 && seconds <= 5, `${left.get(address)}`);
    }
    await daemon.stop();
  });

  it("can be turned off and on by a reload without removing an address", async (t) => {
    const { lab, r1 } = await buildPair(t, "reload");
    r1.write(configFile, soloConfig());
    const daemon = startDaemon(r1);
    for (const address of held) await lab.waitForHolders(address, [r1]);
    // The address is added before the transition is logged.
    await daemon.waitForLine(/Entering MASTER STATE/);
    const from = daemon.lines.length;

    r1.write(configFile, soloConfig({ global: "vip_lease off" }));
    daemon.signal("SIGHUP");
    await daemon.waitForLine(/Reload complete/, undefined, from);
    const without = await lifetimes(r1);
    for (const address of held) assert.equal(without.get(address), "forever");

    r1.write(configFile, soloConfig());
    const fromSecond = daemon.lines.length;
    daemon.signal("SIGHUP");
    await daemon.waitForLine(/Reload complete/, undefined, fromSecond);
    const again = await lifetimes(r1);
    for (const address of held) assert.ok(Number(again.get(address)) <= 2);

    for (const address of held) assert.equal(lab.holdings(address).length, 1, "it never left");
    assert.deepEqual(transitions(daemon, from), []);
    await daemon.stop();
  });

  it("do not exist with vip_lease off: a killed node's addresses stay and are adopted at its next start", async (t) => {
    const { lab, r1 } = await buildPair(t, "off");
    await r1.run(["sysctl", "-qw", "net.ipv4.conf.eth0.promote_secondaries=0"]);
    r1.write(configFile, soloConfig({ global: "vip_lease off" }));
    const daemon = startDaemon(r1);
    for (const address of held) await lab.waitForHolders(address, [r1]);
    const left = await lifetimes(r1);
    for (const address of held) assert.equal(left.get(address), "forever");
    assert.equal(await promoteSecondaries(r1), "0", "no address expires");
    await daemon.killAll();
    for (const address of held) await lab.waitForHolders(address, [r1], 0);

    r1.write(configFile, soloConfig());
    const again = startDaemon(r1);
    await again.waitForLine(/Entering MASTER STATE/);
    await until("leases", async () => {
      const seconds = (await lifetimes(r1)).get(held[0]);
      return (seconds !== undefined && Number(seconds) <= 2) || undefined;
    });
    await again.stop();
    for (const address of held) await lab.waitForHolders(address, []);
  });

  it("are removed by a stop with -V, and the next start adopts the addresses", async (t) => {
    const { lab, r1 } = await buildPair(t, "kept");
    // Their mark distinguishes them from the owner's own address.
    const addresses = ["192.168.7.1/24", "192.168.7.101/24", "10.9.0.1/24"];
    r1.write(configFile, soloConfig({ priority: 255, addresses }));
    const daemon = startDaemon(r1, ["-V"]);
    for (const address of held) await lab.waitForHolders(address, [r1]);
    assert.equal((await daemon.stop()).code, 0);
    const left = await lifetimes(r1);
    for (const address of held) assert.equal(left.get(address), "forever");

    const again = startDaemon(r1);
    await again.waitForLine(/Entering MASTER STATE/);
    await until("leases", async () => {
      const now = await lifetimes(r1);
      return held.every((address) => Number(now.get(address)) <= 2) || undefined;
    });
    await again.stop();
    for (const address of held) await lab.waitForHolders(address, []);
    assert.deepEqual([...(await lifetimes(r1))], [["192.168.7.1", "forever"]]);
  });

  it("are not set on an owner's own address, which is never removed", async (t) => {
    const { lab, r1 } = await buildPair(t, "owner");
    const addresses = ["192.168.7.1/24", "192.168.7.101/24"];
    r1.write(configFile, soloConfig({ priority: 255, addresses }));
    const daemon = startDaemon(r1);
    await lab.waitForHolders("192.168.7.101", [r1]);
    const left = await lifetimes(r1);
    assert.equal(left.get("192.168.7.1"), "forever");
    assert.ok(Number(left.get("192.168.7.101")) <= 2);
    await daemon.killAll();
    await lab.waitForHolders("192.168.7.101", []);
    assert.deepEqual([...(await lifetimes(r1))], [["192.168.7.1", "forever"]]);

    const again = startDaemon(r1);
    await lab.waitForHolders("192.168.7.101", [r1]);
    await again.stop();
    assert.deepEqual([...(await lifetimes(r1))], [["192.168.7.1", "forever"]]);

    // Neither does the parent remove it when it cleans up for a dead process.
    const third = startDaemon(r1, ["-R"]);
    await lab.waitForHolders("192.168.7.101", [r1]);
    send((await waitForChild(third)).pid, "SIGKILL");
    await third.ended;
    assert.deepEqual([...(await lifetimes(r1))], [["192.168.7.1", "forever"]]);
    assert.equal(lab.holdings("192.168.7.1").length, 1);
  });

  it("end separately: the first address of a subnet does not take the others with it", async (t) => {
    const { lab, r1 } = await buildPair(t, "promote");
    await r1.run(["sysctl", "-qw", "net.ipv4.conf.eth0.promote_secondaries=0"]);
    const addresses = ["10.9.0.1/24", "10.9.0.2/24"];
    r1.write(configFile, soloConfig({ addresses }));
    const daemon = startDaemon(r1);
    await lab.waitForHolders("10.9.0.2", [r1]);
    await daemon.freeze();
    const longer = ["valid_lft", "100", "preferred_lft", "100"];
    await r1.run(["ip", "address", "change", "10.9.0.2/24", "dev", "eth0", ...longer]);
    await lab.waitForHolders("10.9.0.1", []);
    assert.ok((await lifetimes(r1)).has("10.9.0.2"));
    // It was a secondary before.
    const { stdout } = await r1.run(["ip", "-4", "-o", "address", "show", "to", "10.9.0.2"]);
    assert.doesNotMatch(stdout, /secondary/, "promoted to primary");
    daemon.thaw();
    await daemon.stop();
  });

  it("that cannot end in time cause a warning from -t and at the start", async (t) => {
    const { r1 } = await buildPair(t, "warn", { advertSeconds: 0.1, instance: "version 3" });
    const warning =
      /may stay for 2.* s, but a backup may take over after 0\.3.*; the same holds for 2 other instances/;
    const tested = startDaemon(r1, ["-t"]);
    await tested.waitForLine(warning);
    await tested.ended;
    const daemon = startDaemon(r1);
    await daemon.waitForLine(warning);
    assert.equal(daemon.lines.filter(({ text }) => warning.test(text)).length, 1);
    await daemon.stop();
  });

  it("end if adverts cannot be sent, and the peer takes over", async (t) => {
    const pair = await buildPair(t, "mute");
    const { first } = await pair.start();
    const from = first.lines.length;
    await pair.r1.dropProtocol(112, "out");
    await pair.waitForHolders([pair.r2]);
    pair.assertNoOverlap();
    await first.waitForLine(/\(VI_1\): send advert error: /, undefined, from);
    await first.waitForLine(/\(VI_1\) the kernel ended the lease of /, undefined, from);
    await waitForTransitions(first, ["VI_1 BACKUP", "VI_2 BACKUP", "VI_3 BACKUP"], from);
    await pair.r1.liftDrops();
    await pair.waitForPreemption();
  });

  it("are not needed if the carrier is lost: the addresses are removed at once", async (t) => {
    const pair = await buildPair(t, "cable");
    const { first } = await pair.start();
    const from = first.lines.length;
    await pair.r1.pullCable();
    await pair.waitForHolders([pair.r2]);
    pair.assertNoOverlap();
    await waitForTransitions(first, ["VI_1 FAULT", "VI_2 FAULT", "VI_3 FAULT"], from);
    assert.deepEqual(linesOf(first, /the kernel ended the lease/, from), []);
    await pair.r1.plugCable();
    await pair.waitForPreemption();
  });
});
