// Unusual hosts: renamed, moved and re-created interfaces, missing privileges, running as PID 1 of a container.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe } from "node:test";
import { until, wallMillis } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import { isAlive, listProcesses, send } from "../../lab/processes.ts";
import type { Program } from "../../lab/program.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertNotLogged,
  buildSingleNode,
  floatingAddress,
  launcher,
  nodeAddresses,
  pairInterface,
  renderInstance,
  renderQuickInstance,
  signalAndWait,
  startHoldfast,
} from "./daemons.ts";
import { assertNever, waitForChild } from "./fencing-pair.ts";
import { allowDescriptors, forbidDescriptors } from "./shortage.ts";

const makeLan = "ip link add lan1 type veth peer name port1 && ip link set port1 up";

/** Freezes the parent and kills its vrrp process. */
async function killChildOf(program: Program): Promise<void> {
  const child = await waitForChild(program);
  program.signal("SIGSTOP");
  send(child.pid, "SIGKILL");
  await until("the exit of the vrrp process", () => !isAlive(child.pid) || undefined);
}

/** A node alone on its switch, without a configuration. */
async function buildNode(t: TimedTest, name: string): Promise<{ lab: Lab; node: Host }> {
  const { lab, host } = await buildSingleNode(t, name, "");
  return { lab, node: host };
}

describe("unusual hosts", { concurrency: 4 }, () => {
  test("removes its addresses from an interface that is renamed", async (t) => {
    const { lab, node } = await buildNode(t, "renamed");
    node.write(
      configPath,
      `global_defs {\n vip_lease off\n}\n${renderInstance({ priority: 150 })}`,
    );
    const program = startHoldfast(node);
    await lab.waitForHolders(floatingAddress, [node]);
    await node.run(["ip", "link", "set", pairInterface, "name", "lan0"]);
    await program.waitForLine(
      new RegExp(`Interface name has changed from ${pairInterface} to lan0$`),
    );
    await program.waitForLine(/Entering FAULT STATE/);
    await lab.waitForHolders(floatingAddress, []);
    assert.ok((await node.addressesOf("lan0")).includes(`${nodeAddresses[0]}/24`));
    await node.run(["ip", "link", "set", "lan0", "name", pairInterface]);
    await lab.waitForHolders(floatingAddress, [node]);
  });

  test("detects a VRID conflict when an interface is added to a network that uses the VRID", async (t) => {
    const { lab, node } = await buildNode(t, "conflict");
    const second = renderInstance({ name: "VI_2", priority: 150, addresses: ["10.79.0.100/24"] });
    const globals = "global_defs {\n dynamic_interfaces\n}\n";
    const first = renderInstance({ priority: 150 });
    node.write(configPath, `${globals}${first}${second.replaceAll(pairInterface, "mv0")}`);
    const program = startHoldfast(node);
    await lab.waitForHolders(floatingAddress, [node]);
    assertNotLogged(program, /VRID conflict/);
    const fill = "ip address add 10.79.0.1/24 dev mv0 && ip link set mv0 up";
    const make = `ip link add mv0 link ${pairInterface} type macvlan mode bridge && ${fill}`;
    for (let round = 0; round < 2; round++) {
      const from = program.lines.length;
      await node.run(["sh", "-c", make]);
      const conflict = /VRID conflict between VI_2 and VI_1 IPv4 vrid \d+$/;
      await program.waitForLine(conflict, undefined, from);
      await program.waitForLine(/Netlink reports mv0 up$/, undefined, from);
      assertNotLogged(program, /\(VI_2\) Entering (?:BACKUP|MASTER)/, from);
      await node.run(["ip", "link", "delete", "mv0"]);
    }
    // An interface of the same name on a separate network has no conflict.
    const apart = "ip link add mv0 type veth peer name port0 && ip link set port0 up";
    await node.run(["sh", "-c", `${apart} && ${fill}`]);
    await lab.waitForHolders("10.79.0.100", [node]);
    assert.ok((await node.addressesOf(pairInterface)).includes(`${floatingAddress}/24`));
  });

  test("adds its addresses to a secondary interface that is re-created", async (t) => {
    const { lab, node } = await buildNode(t, "re-created");
    const fill = "ip link set lan1 up && ip address add 10.78.0.1/24 dev lan1";
    await node.run(["sh", "-c", `${makeLan} && ${fill}`]);
    const addresses = [`${floatingAddress}/24`, "10.79.0.100/24 dev lan1"];
    node.write(configPath, renderInstance({ priority: 150, addresses }));
    const program = startHoldfast(node);
    await lab.waitForHolders("10.79.0.100", [node]);
    const setting = "/proc/sys/net/ipv4/conf/lan1/promote_secondaries";
    const promotes = async (): Promise<string> => (await node.run(["cat", setting])).stdout.trim();
    await until("promote_secondaries", async () => ((await promotes()) === "1" ? true : undefined));
    const from = program.lines.length;
    await node.run(["sh", "-c", `ip link delete lan1 && ${makeLan} && ${fill}`]);
    await lab.waitForHolders("10.79.0.100", [node]);
    await program.waitForLine(/Sending gratuitous ARP on lan1 for 10.79.0.100/, undefined, from);
    await until("promote_secondaries", async () => ((await promotes()) === "1" ? true : undefined));
    assert.deepEqual(lab.overlaps("10.79.0.100"), []);
  });

  for (const [title, disturb] of [
    ["a frozen daemon", (program: Program) => program.freeze()],
    ["the replacement of a dead vrrp process", killChildOf],
  ] as const) {
    test(`${title} rejoins the group on an interface that was moved away and back`, async (t) => {
      const { lab, node } = await buildNode(t, "moved");
      const fill = `ip link set lan1 up && ip address add ${nodeAddresses[0]}/24 dev lan1`;
      await node.run(["sh", "-c", `ip link delete ${pairInterface}; ${makeLan} && ${fill}`]);
      node.write(configPath, renderQuickInstance().replace(pairInterface, "lan1"));
      const program = startHoldfast(node);
      await lab.waitForHolders(floatingAddress, [node]);
      const index = async (): Promise<string> =>
        (await node.run(["ip", "-o", "link", "show", "lan1"])).stdout.split(":")[0] ?? "";
      // The kernel lists the VRRP group (224.0.0.18) after its interface.
      const isMember = (): boolean =>
        /lan1[^\n]*(?:\n\t[^\n]*)*120000E0/.test(
          readFileSync(`/proc/${program.pid}/net/igmp`, "latin1"),
        );
      assert.ok(isMember());
      const before = await index();
      await disturb(program);
      const move = "ip link set lan1 netns away && ip -n away link set lan1 netns 1";
      await node.run(["sh", "-c", `ip netns add away && ${move} && ${fill}`]);
      assert.equal(await index(), before);
      program.thaw();
      await until("the group", () => isMember() || undefined);
      // Still so after the parent has closed its copy of the old socket.
      await assertNever("leaving the group", () => !isMember(), 1_500);
    });
  }

  test("retries sockets that could not be opened", async (t) => {
    const { lab, node } = await buildNode(t, "socketless");
    const fill = `ip link set lan1 up && ip address add ${nodeAddresses[0]}/24 dev lan1`;
    await node.run(["sh", "-c", `ip link delete ${pairInterface}; ${makeLan} && ${fill}`]);
    node.write(configPath, renderQuickInstance().replace(pairInterface, "lan1"));
    const program = startHoldfast(node);
    await lab.waitForHolders(floatingAddress, [node]);
    const child = await waitForChild(program);
    await node.run(["sh", "-c", "ip link delete lan1"]);
    await program.waitForLine(/Entering FAULT STATE/);
    await forbidDescriptors(child.pid);
    const from = program.lines.length;
    await node.run(["sh", "-c", `${makeLan} && ${fill}`]);
    await program.waitForLine(/Cannot open VRRP sockets on lan1/, undefined, from);
    await allowDescriptors(child.pid);
    await lab.waitForHolders(floatingAddress, [node]);
    assert.equal((await waitForChild(program)).pid, child.pid);
  });

  test("warns of a floating address that is the only one on its interface, at the start and at a reload", async (t) => {
    const { node } = await buildNode(t, "own-address");
    const own = `${nodeAddresses[0]}/24`;
    const words = /is a floating address and the only one there/;
    const cutOff = /no IPv4 address for interface/;
    node.write(configPath, renderInstance({ priority: 150, addresses: [own] }));
    const first = startHoldfast(node);
    await first.waitForLine(words);
    await first.waitForLine(cutOff);
    await first.stop();

    await node.run(["ip", "address", "add", own, "dev", pairInterface]);
    node.write(configPath, renderInstance({ priority: 150 }));
    const second = startHoldfast(node);
    await second.waitForLine(/Entering MASTER STATE/);
    const more = { name: "VI_2", virtualRouterId: 52, priority: 100, addresses: [own] };
    node.write(configPath, renderInstance({ priority: 150 }) + renderInstance(more));
    await signalAndWait(second, "SIGHUP", /Reload complete/);
    await second.waitForLine(words);
    await second.waitForLine(cutOff);
  });

  test("starts even if its error output is closed", async (t) => {
    const { lab, node } = await buildNode(t, "unread");
    node.write(configPath, renderInstance({ priority: 150, lines: ["no_such_keyword"] }));
    const words = [process.execPath, launcher, "-f", configPath];
    await node.run(["sh", "-c", '"$@" 2>&1 | true', "sh", ...words]);
    await lab.waitForHolders(floatingAddress, [node]);
  });

  test("starts a child that died too often at once with a new configuration", async (t) => {
    const { lab, node } = await buildNode(t, "too-often");
    node.write(configPath, renderInstance({ priority: 150 }));
    const program = startHoldfast(node);
    await lab.waitForHolders(floatingAddress, [node]);
    for (let deaths = 0; deaths < 5; deaths++) {
      const from = program.lines.length;
      process.kill(await until("a child", () => childOf(program.pid)), "SIGKILL");
      const line = await program.waitForLine(/Restart of VRRP|Starting VRRP/, undefined, from);
      if (!line.text.includes("Restart")) continue;
      const [, seconds] = /delayed (\d+) seconds/.exec(line.text) ?? [];
      if (Number(seconds) >= 4) break;
      await program.waitForLine(/Starting VRRP/, undefined, from);
    }
    const from = program.lines.length;
    const reloadedAt = wallMillis();
    await signalAndWait(program, "SIGHUP", /Reload complete/);
    assert.ok(wallMillis() - reloadedAt < 3_000, program.text());
    await program.waitForLine(/Starting VRRP child process/, undefined, from);
    await lab.waitForHolders(floatingAddress, [node]);
  });

  test("removes the addresses of a stopped child when the daemon stops", async (t) => {
    const { lab, node } = await buildNode(t, "stopped");
    node.write(
      configPath,
      `global_defs {\n vip_lease off\n}\n${renderInstance({ priority: 150 })}`,
    );
    const program = startHoldfast(node);
    await lab.waitForHolders(floatingAddress, [node]);
    process.kill(await until("a child", () => childOf(program.pid)), "SIGSTOP");
    program.signal("SIGTERM");
    await lab.waitForHolders(floatingAddress, []);
    assert.deepEqual(await program.ended, { code: 0, signal: null });
  });

  test("reports missing privileges in a user namespace", async (t) => {
    const { node } = await buildNode(t, "userns");
    node.write(configPath, renderInstance({ priority: 150 }));
    const words = [process.execPath, launcher, "-n", "-l", "-f", configPath];
    const program = node.spawn(["unshare", "--user", "--map-root-user", ...words]);
    assert.deepEqual(await program.ended, { code: 4, signal: null }, program.text());
    assert.match(program.text(), /permanent error MISSING_PERMISSION/);
  });

  test("reaps orphans of scripts as PID 1 of a container", async (t) => {
    const { node } = await buildNode(t, "container");
    node.write("/etc/keepalived/c.sh", "#!/bin/sh\nsh -c 'sleep 0.1' &\nexit 0\n", 0o755);
    const script = 'vrrp_script c {\n script "/etc/keepalived/c.sh"\n interval 1\n}\n';
    const instance = renderInstance({ priority: 150, lines: ["track_script {\n c\n }"] });
    node.write(configPath, `global_defs {\n script_user root\n}\n${script}${instance}`);
    const words = [process.execPath, launcher, "-n", "-l", "-f", configPath];
    const container = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
    const program = node.spawn([...container, ...words]);
    await program.waitForLine(/Entering MASTER STATE/);
    const daemon = childOf(program.pid);
    const zombies = (): number[] => {
      const ended = listProcesses().filter(({ state }) => state === "Z");
      return ended.filter(({ parentPid }) => parentPid === daemon).map(({ pid }) => pid);
    };
    const some = await until("a zombie", () => (zombies().length > 0 ? zombies() : undefined));
    await until("the zombies to be reaped", () => {
      const now = zombies();
      return some.some((pid) => now.includes(pid)) ? undefined : true;
    });
    // It must not reap its own children, whose death Node reports.
    const vrrp = childOf(daemon);
    assert.ok(vrrp !== undefined);
    process.kill(vrrp, "SIGKILL");
    await program.waitForLine(/died: Respawning/);
    await program.waitForLine(/Resuming after the last process was killed/);
  });
});

/** The first living child of a process. */
function childOf(parent: number | undefined): number | undefined {
  const living = listProcesses().filter(({ state }) => state !== "Z");
  return living.find(({ parentPid }) => parentPid === parent)?.pid;
}
