// Monitoring tools match keepalived's log lines: every line that keepalived logs on a single node, holdfast logs too.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { configPath } from "../../lab/pair-a.ts";
import type { Program } from "../../lab/program.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  buildSingleNode,
  floatingAddress,
  foreground,
  jsonSignal,
  loggedBy,
  pairInterface,
  renderQuickInstance,
  type StartDaemon,
  signalAndWait,
  startHoldfast,
  startKeepalived,
  statsClearSignal,
} from "./daemons.ts";

/** Lines omitted on purpose, see docs/differences.md. */
const leftOut: readonly RegExp[] = [
  /^Registering /,
  /^VRRP sockpool: /,
  /^NOTICE: setting config option max_auto_priority/,
  /^Script user 'keepalived_script' does not exist$/,
  // Logged occasionally about a script that has just started.
  /^Child process \d+ in our process group/,
];

function render(priority: number, addresses: readonly string[]): string {
  const [first = "", ...rest] = addresses;
  const script = 'vrrp_script up {\n    script "/bin/true"\n    interval 60\n    user root\n}\n';
  const instance = renderQuickInstance([
    `priority ${priority}`,
    "track_script {",
    "up weight 5",
    "}",
  ]);
  return script + instance.replace(`${floatingAddress}/24`, [first, ...rest].join("\n"));
}

/** Runs one node through its features; returns its log lines without the parts that vary. */
async function live(
  t: TimedTest,
  name: string,
  start: StartDaemon,
  words: readonly string[],
): Promise<Set<string>> {
  const address = `${floatingAddress}/24`;
  const { lab, host } = await buildSingleNode(t, name, render(100, [address]));
  const program = start(host, words);
  await program.waitForLine(/VRRP_Script\(up\) succeeded/);
  await lab.waitForHolders(floatingAddress, [host]);
  await signalAndWait(program, "SIGUSR1", /Printing VRRP data for process/);
  await signalAndWait(program, "SIGUSR2", /Printing VRRP stats for process/);
  await signalAndWait(program, statsClearSignal, /Printing and clearing VRRP stats for process/);
  await signalAndWait(program, jsonSignal, /Printing VRRP as json for process/);
  const reload = async (priority: number, addresses: readonly string[]): Promise<void> => {
    host.write(configPath, render(priority, addresses));
    await signalAndWait(program, "SIGHUP", /Reload complete/);
  };
  await reload(120, [address, "10.77.0.101/24"]);
  await lab.waitForHolders("10.77.0.101", [host]);
  await reload(90, [address]);
  await lab.waitForHolders("10.77.0.101", []);
  await host.run(["ip", "address", "add", "10.77.0.9/24", "dev", pairInterface]);
  assert.equal((await program.stop()).code, 0);
  return new Set(linesOf(program));
}

/** The log lines without the parts that vary between runs and programs. */
function linesOf(program: Program): string[] {
  return loggedBy(program).flatMap((text) => {
    if (leftOut.some((pattern) => pattern.test(text))) return [];
    const same = text
      .replace(/^(Starting Keepalived|Stopped Keepalived|Running on|Command line:) .*/, "$1 …")
      .replace(/(process\(|pid=)\d+/, "$1N")
      .replace(/fe80:\S+/, "fe80::")
      .replace(/^Stopped - used .*/, "Stopped - used …")
      .replace(/\d+\.\d{6}/g, "N")
      .replace(/effective priority from \d+/, "effective priority from …");
    return [same];
  });
}

describe("keepalived's log lines", { concurrency: 2 }, () => {
  for (const [name, words] of [
    ["with -D", foreground],
    ["without -D", foreground.filter((word) => word !== "-D")],
  ] as const) {
    test(`are logged ${name}`, async (t) => {
      const label = name.replace(" -", "-");
      const [theirs, ours] = await Promise.all([
        live(t, `lines-k-${label}`, startKeepalived, words),
        live(t, `lines-h-${label}`, startHoldfast, words),
      ]);
      t.diagnostic(`${theirs.size} kinds of lines`);
      const missing = [...theirs].filter((line) => !ours.has(line));
      assert.deepEqual(missing, [], [...ours].join("\n"));
    });
  }
});
