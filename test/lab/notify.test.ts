// Who is told what, by scripts and FIFO, through the same story with holdfast and with Debian's keepalived.

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

const stateLog = "/run/told-by-state";
const genericLog = "/run/told-of-all";
const fifo = "/run/states.fifo";
/** A slow script waits for it. */
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

interface Told {
  readonly byState: string[];
  readonly ofAll: string[];
  readonly byFifo: string[];
}

function linesOf(host: Host, file: string): string[] {
  return host.read(file).split("\n").slice(0, -1);
}

/** Starts a daemon and takes its node to every state; gives what was told. */
async function play(t: TimedTest, start: StartDaemon, name: string): Promise<Told> {
  const config = globals + renderQuickInstance(notifyLines);
  const { lab, host } = await buildSingleNode(t, name, config, {
    scripts: { "state.sh": appendTo(stateLog), "generic.sh": appendTo(genericLog) },
    openFiles: [stateLog, genericLog],
  });
  await host.run(["mkfifo", "-m", "600", fifo]);
  // Open for both, so that it never ends.
  const reader = host.spawn(["sh", "-c", `exec cat <>${fifo}`]);
  const told = (count: number): Promise<true> =>
    until(`${count} notifications of each kind`, () => {
      const all = [linesOf(host, stateLog), linesOf(host, genericLog), reader.lines];
      return all.every((lines) => lines.length >= count) ? true : undefined;
    });

  const program = start(host);
  await lab.waitForHolders(floatingAddress, [host]);
  await told(2);
  await host.run(["ip", "link", "set", pairInterface, "down"]);
  await told(3);
  await host.run(["ip", "link", "set", pairInterface, "up"]);
  await told(5);
  await program.stop();
  await told(6);
  await reader.stop();
  return {
    byState: linesOf(host, stateLog),
    ofAll: linesOf(host, genericLog),
    byFifo: loggedBy(reader),
  };
}

describe("notifications", { concurrency: 4 }, () => {
  test("are the same as keepalived's, in order, to the end", async (t) => {
    const [ours, theirs] = await Promise.all([
      play(t, startHoldfast, "notify-ours"),
      play(t, startKeepalived, "notify-theirs"),
    ]);
    assert.deepEqual(ours.byState, ["backup", "master", "fault", "backup", "master", "stop"]);
    assert.deepEqual(
      ours.ofAll,
      ours.byState.map((state) => `INSTANCE VI_1 ${state.toUpperCase()} 100`),
    );
    assert.deepEqual(
      ours.byFifo,
      ours.byState.map((state) => `INSTANCE "VI_1" ${state.toUpperCase()} 100`),
    );
    assert.deepEqual(ours, theirs);
  });

  test("never overtake each other, and the log says how each script ended", async (t) => {
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
    // Each from its own process: what happens comes before who is told of it.
    const text = program.text();
    assert.ok(
      text.indexOf("Entering BACKUP") < text.indexOf("slow.sh backup for BACKUP: starting"),
    );
    assert.ok(text.includes("Entering BACKUP"));
  });

  test("of the end are waited for, but not for long", async (t) => {
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

  test("that cannot be told stop nothing", async (t) => {
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
