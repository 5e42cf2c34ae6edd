// Notifications by script and FIFO, compared with keepalived's in the same sequence of states.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertNotLogged,
  buildSingleNode,
  floatingAddress,
  loggedBy,
  pairInterface,
  renderQuickInstance,
  type StartDaemon,
  startHoldfast,
  startKeepalived,
} from "./daemons.ts";

const stateLog = "/run/state.log";
const genericLog = "/run/generic.log";
const fifo = "/run/states.fifo";
/** The slow script waits for this file. */
const goFile = "/run/go";

const globals = `global_defs {\n    script_user root\n    vrrp_notify_fifo ${fifo}\n}\n`;
const states = ["master", "backup", "fault", "stop"] as const;
const notifyLines = [
  ...states.map((state) => `notify_${state} "/etc/keepalived/state.sh ${state}"`),
  "notify /etc/keepalived/generic.sh",
];

function appendTo(file: string, before = ""): string {
  return `#!/bin/sh\n${before}echo "$*" >> ${file}\n`;
}

/** The notifications of each kind, in order. */
interface Notifications {
  readonly state: string[];
  readonly generic: string[];
  readonly fifo: string[];
}

function linesOf(host: Host, file: string): string[] {
  return host.read(file).split("\n").slice(0, -1);
}

/** Starts a daemon, takes it through every state and stops it; returns its notifications. */
async function play(t: TimedTest, start: StartDaemon, name: string): Promise<Notifications> {
  const config = globals + renderQuickInstance(notifyLines);
  const { lab, host } = await buildSingleNode(t, name, config, {
    scripts: { "state.sh": appendTo(stateLog), "generic.sh": appendTo(genericLog) },
    openFiles: [stateLog, genericLog],
  });
  await host.run(["mkfifo", "-m", "600", fifo]);
  // Open for reading and writing, so that cat never sees an end of file.
  const reader = host.spawn(["sh", "-c", `exec cat <>${fifo}`]);
  const waitForCount = (count: number): Promise<true> =>
    until(`${count} notifications of each kind`, () => {
      const all = [linesOf(host, stateLog), linesOf(host, genericLog), reader.lines];
      return all.every((lines) => lines.length >= count) ? true : undefined;
    });

  const program = start(host);
  await lab.waitForHolders(floatingAddress, [host]);
  await waitForCount(2);
  await host.run(["ip", "link", "set", pairInterface, "down"]);
  await waitForCount(3);
  await host.run(["ip", "link", "set", pairInterface, "up"]);
  await waitForCount(5);
  await program.stop();
  await waitForCount(6);
  await reader.stop();
  return {
    state: linesOf(host, stateLog),
    generic: linesOf(host, genericLog),
    fifo: loggedBy(reader),
  };
}

describe("notifications", { concurrency: 4 }, () => {
  test("are the same as keepalived's, in the same order", async (t) => {
    const [ours, theirs] = await Promise.all([
      play(t, startHoldfast, "notify-ours"),
      play(t, startKeepalived, "notify-theirs"),
    ]);
    assert.deepEqual(ours.state, ["backup", "master", "fault", "backup", "master", "stop"]);
    assert.deepEqual(
      ours.generic,
      ours.state.map((state) => `INSTANCE VI_1 ${state.toUpperCase()} 100`),
    );
    assert.deepEqual(
      ours.fifo,
      ours.state.map((state) => `INSTANCE "VI_1" ${state.toUpperCase()} 100`),
    );
    assert.deepEqual(ours, theirs);
  });

  test("run one after the other, and the log shows each script's exit status", async (t) => {
    const config = renderQuickInstance([
      'notify_backup "/etc/keepalived/slow.sh backup"',
      'notify_master "/etc/keepalived/fails.sh master"',
    ]);
    const { host } = await buildSingleNode(t, "notify-slow", config, {
      scripts: {
        "slow.sh": appendTo(stateLog, `while [ ! -e ${goFile} ]; do sleep 0.1; done; sleep 1\n`),
        "fails.sh": `${appendTo(stateLog)}exit 3\n`,
      },
      openFiles: [stateLog],
    });
    const program = startHoldfast(host);
    await program.waitForLine(/Entering MASTER STATE/);
    assert.deepEqual(linesOf(host, stateLog), []);
    assertNotLogged(program, /fails\.sh/);
    host.write(goFile, "");
    await program.waitForLine(
      /slow\.sh backup for BACKUP exited with status 0 after [1-9][\d.]* s/,
    );
    await program.waitForLine(/fails\.sh master for MASTER exited with status 3 after [\d.]+ s/);
    assert.deepEqual(linesOf(host, stateLog), ["backup", "master"]);
    // The transition is logged by the child, the start of its script by the parent.
    const text = program.text();
    assert.ok(
      text.indexOf("Entering BACKUP") < text.indexOf("slow.sh backup for BACKUP: starting"),
    );
    assert.ok(text.includes("Entering BACKUP"));
  });

  test("delay a stop for a limited time", async (t) => {
    const config = renderQuickInstance(['notify_stop "/etc/keepalived/slow.sh stop"']);
    const { lab, host } = await buildSingleNode(t, "notify-stop", config, {
      scripts: { "slow.sh": appendTo(stateLog, "sleep 30\n") },
      openFiles: [stateLog],
    });
    const program = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    const before = performance.now();
    assert.equal((await program.stop()).code, 0);
    const millis = performance.now() - before;
    assert.ok(millis > 900 && millis < 20_000, `${millis} ms`);
    assert.deepEqual(linesOf(host, stateLog), []);
    assert.deepEqual(program.processes(), []);
  });

  test("that fail do not affect the daemon", async (t) => {
    const config = `global_defs {\n    vrrp_notify_fifo /etc/no/such/place\n}\n${renderQuickInstance(
      ["notify_master /etc/keepalived/missing.sh", 'notify_backup "/etc/keepalived/locked.sh"'],
    )}`;
    const { lab, host } = await buildSingleNode(t, "notify-missing", config);
    host.write("/etc/keepalived/locked.sh", "#!/bin/sh\n", 0o644);
    const program = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    assert.match(program.text(), /missing\.sh/);
    assert.equal((await program.stop()).code, 0);
  });
});
