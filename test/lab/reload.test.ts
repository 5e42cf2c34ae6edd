// Reloads of a running MASTER: each applies the differences and affects nothing else.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { startTcpdump } from "../../lab/capture.ts";
import { until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import type { Program } from "../../lab/program.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertNotLogged,
  buildPlainPair,
  jsonDump,
  jsonSignal,
  makeOpenFile,
  type PlainInstance,
  pairInterface,
  renderInstance,
  signalAndWait,
  startHoldfast,
  transition,
  waitForFile,
} from "./daemons.ts";

const statesLog = "/run/states.log";
const statesScript = `#!/bin/sh\necho "$*" >> ${statesLog}\n`;
const scriptsFolder = "/etc/keepalived";

/** The instances of the higher node before the first reload. */
const first: PlainInstance = { priority: 150, addresses: ["10.77.0.100/24", "10.77.0.101/24"] };
const second: PlainInstance = {
  name: "VI_2",
  virtualRouterId: 52,
  priority: 150,
  addresses: ["10.77.0.110/24"],
};
const third: PlainInstance = {
  name: "VI_3",
  virtualRouterId: 53,
  priority: 150,
  addresses: ["10.77.0.120/24"],
  lines: ["notify /etc/keepalived/states.sh"],
};

interface Stage {
  readonly lab: Lab;
  readonly high: Host;
  readonly low: Host;
  readonly program: Program;
}

function render(instances: readonly PlainInstance[], before = ""): string {
  return before + instances.map(renderInstance).join("");
}

/** Starts a node and waits until it is MASTER of `instances`. */
async function makeMaster(
  t: TimedTest,
  name: string,
  instances: readonly PlainInstance[],
  before = "",
): Promise<Stage> {
  const { lab, high, low } = await buildPlainPair(t, name);
  for (const [file, status] of [
    ["good.sh", 0],
    ["bad.sh", 1],
  ] as const) {
    high.write(`${scriptsFolder}/${file}`, `#!/bin/sh\nexit ${status}\n`, 0o755);
  }
  high.write(`${scriptsFolder}/states.sh`, statesScript, 0o755);
  makeOpenFile(high, statesLog);
  high.write(configPath, render(instances, before));
  const program = startHoldfast(high);
  for (const address of addressesOf(instances)) await lab.waitForHolders(address, [high]);
  for (const { name: of = "VI_1" } of instances) {
    await program.waitForLine(new RegExp(`\\(${of}\\) setting VIPs`));
  }
  return { lab, high, low, program };
}

function addressesOf(instances: readonly PlainInstance[]): string[] {
  return instances.flatMap(({ addresses = [] }) => addresses.map((a) => a.split("/")[0] ?? a));
}

/** Reloads and waits for the addresses of `instances`. The result returns the addresses removed since. */
async function reload(
  stage: Stage,
  instances: readonly PlainInstance[],
  before = "",
): Promise<() => string[]> {
  const { lab, high, program } = stage;
  const from = lab.addressChanges.length;
  high.write(configPath, render(instances, before));
  await signalAndWait(program, "SIGHUP", /Reload complete/);
  for (const address of addressesOf(instances)) await lab.waitForHolders(address, [high]);
  return () =>
    lab.addressChanges.slice(from).flatMap(({ kind, address }) => {
      return kind === "removed" ? [address] : [];
    });
}

interface Statistics {
  readonly data: { readonly iname: string; readonly effective_priority: number };
  readonly stats: { readonly advert_sent: number; readonly become_master: number };
}

/** Dumps the daemon's state; by instance name. */
async function statistics({ high, program }: Stage): Promise<Map<string, Statistics>> {
  high.remove(jsonDump);
  program.signal(jsonSignal);
  const text = await waitForFile(high, jsonDump);
  const all = JSON.parse(text) as Statistics[];
  return new Map(all.map((entry) => [entry.data.iname, entry]));
}

describe("a reload", { concurrency: 6 }, () => {
  test("adds and removes addresses without affecting others", async (t) => {
    const stage = await makeMaster(t, "reload-addresses", [first, second]);
    const { lab, program } = stage;
    const since = program.lines.length;
    const counted = await statistics(stage);
    const more = { ...first, addresses: [...(first.addresses ?? []), "10.77.0.102/24"] };
    assert.deepEqual((await reload(stage, [more, second]))(), []);

    // The primary address of its subnet: by default the kernel would remove the others with it.
    const fewer = { ...first, addresses: ["10.77.0.101/24", "10.77.0.102/24"] };
    const removed = await reload(stage, [fewer, second]);
    await lab.waitForHolders("10.77.0.100", []);
    assert.deepEqual(removed(), ["10.77.0.100"]);

    // A reload without a change.
    assert.deepEqual((await reload(stage, [fewer, second]))(), []);
    assertNotLogged(program, transition, since);
    const after = await statistics(stage);
    for (const name of ["VI_1", "VI_2"]) {
      const [was, is] = [counted.get(name)?.stats, after.get(name)?.stats];
      assert.ok(was !== undefined && is !== undefined);
      assert.equal(is.become_master, 1);
      assert.ok(was.advert_sent >= 1 && is.advert_sent >= was.advert_sent, name);
    }
  });

  test("adds and removes an instance without affecting others", async (t) => {
    const stage = await makeMaster(t, "reload-instances", [first, second]);
    const { lab, high, low, program } = stage;
    const since = program.lines.length;
    assert.deepEqual((await reload(stage, [first, third, second]))(), []);
    assertNotLogged(program, /\(VI_[12]\) (?:Entering|removing|setting)/, since);
    // The order of the others changes too, which must not matter.
    const packets = await startTcpdump(low, { interface: pairInterface });
    const removed = await reload(stage, [second, first]);
    await lab.waitForHolders("10.77.0.120", []);
    assert.deepEqual(removed(), ["10.77.0.120"]);
    await packets.waitForLine(/vrid 53, prio 0/);
    await packets.waitForLine(/vrid 51, prio 150/);
    await packets.waitForLine(/vrid 52, prio 150/);
    assertNotLogged(packets, /vrid 5[12], prio 0/);
    assertNotLogged(program, /\(VI_[12]\) (?:Entering|removing|setting)/, since);
    await until("the last notification", () =>
      high.read(statesLog).endsWith("FAULT 0\n") || high.read(statesLog).endsWith("FAULT 150\n")
        ? true
        : undefined,
    );
    assert.match(
      high.read(statesLog),
      /^INSTANCE VI_3 BACKUP 150\nINSTANCE VI_3 MASTER 150\nINSTANCE VI_3 FAULT \d+\n$/,
    );
  });

  test("changes the priority in the next advert", async (t) => {
    const stage = await makeMaster(t, "reload-priority", [first, second]);
    const { lab, low, program } = stage;
    const since = program.lines.length;
    const packets = await startTcpdump(low, { interface: pairInterface });
    const raised = { ...first, priority: 160 };
    assert.deepEqual((await reload(stage, [raised, second]))(), []);
    await packets.waitForLine(/vrid 51, prio 160/);
    assertNotLogged(packets, /prio 0/);
    assertNotLogged(program, transition, since);

    low.write(configPath, render([{ ...first, priority: 100 }]));
    const peer = startHoldfast(low);
    await peer.waitForLine(/Entering BACKUP STATE/);
    // Below the peer's priority: the peer takes over VI_1, VI_2 stays.
    stage.high.write(configPath, render([{ ...first, priority: 50 }, second]));
    await signalAndWait(program, "SIGHUP", /Reload complete/);
    await lab.waitForHolders("10.77.0.100", [low]);
    await lab.waitForHolders("10.77.0.101", [low]);
    assert.deepEqual(lab.holders("10.77.0.110"), ["high"]);
    assertNotLogged(program, /\(VI_2\) Entering/, since);
  });

  test("changes a script and applies its new result", async (t) => {
    const script = (file: string, weight: number): string =>
      `vrrp_script check {\n    script ${scriptsFolder}/${file}\n    interval 1\n    weight ${weight}\n}\n`;
    const tracking = { ...first, lines: ["track_script {", "check", "}"] };
    const stage = await makeMaster(t, "reload-script", [tracking], script("good.sh", -20));
    const { program } = stage;
    const since = program.lines.length;
    assert.deepEqual((await reload(stage, [tracking], script("bad.sh", -20)))(), []);
    await program.waitForLine(
      /\(VI_1\) Changing effective priority from 150 to 130/,
      undefined,
      since,
    );
    assert.deepEqual((await reload(stage, [tracking], script("bad.sh", -30)))(), []);
    await program.waitForLine(
      /\(VI_1\) Changing effective priority from 130 to 120/,
      undefined,
      since,
    );
    assert.deepEqual((await reload(stage, [tracking], script("good.sh", -30)))(), []);
    await program.waitForLine(
      /\(VI_1\) Changing effective priority from 120 to 150/,
      undefined,
      since,
    );
    assertNotLogged(program, transition, since);
    assert.equal((await statistics(stage)).get("VI_1")?.data.effective_priority, 150);
  });

  test("is refused if it changes a setting that needs a restart", async (t) => {
    const stage = await makeMaster(t, "reload-restart", [second]);
    const { lab, high, program } = stage;
    const since = program.lines.length;
    high.write(configPath, render([first], "instance other\n"));
    await signalAndWait(program, "SIGHUP", /Reload refused/);
    await program.waitForLine(/Cannot change instance/);
    assertNotLogged(program, transition, since);
    assert.deepEqual(lab.holders("10.77.0.110"), ["high"]);
    assert.deepEqual(lab.holders("10.77.0.100"), []);
  });

  test("may be requested twenty times in a row", async (t) => {
    const stage = await makeMaster(t, "reload-often", [first, second]);
    const { program, lab } = stage;
    const since = program.lines.length;
    const changes = lab.addressChanges.length;
    for (let count = 0; count < 20; count += 1) {
      const priority = 150 + count;
      stage.high.write(configPath, render([{ ...first, priority }, second]));
      assert.ok(program.signal("SIGHUP"));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await until("the last reload", async () => {
      const instance = (await statistics(stage)).get("VI_1");
      return instance?.data.effective_priority === 169 ? true : undefined;
    });
    assertNotLogged(program, transition, since);
    assertNotLogged(program, /refused|died|error/i, since);
    assert.ok(lab.addressChanges.slice(changes).every(({ kind }) => kind === "added"));
  });
});
