// A frozen parent runs no scripts and reports no results: its vrrp process treats scripts as failed after a while.

import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Host } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import type { Program } from "../../lab/program.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertInOrder,
  assertNotLogged,
  buildPlainPair,
  floatingAddress,
  renderInstance,
  signalAndWait,
  startHoldfast,
} from "./daemons.ts";

const faultFile = "/run/broken";

/** Fails while the file exists. */
const script = `vrrp_script up {
    script "/bin/sh -c '[ ! -e ${faultFile} ]'"
    interval 1
}
`;

interface Pair {
  readonly lab: Lab;
  readonly high: Host;
  readonly low: Host;
  /** The daemon of `high`, which is MASTER. */
  readonly first: Program;
}

/** Starts a pair; `weight` is that of the higher node's script. */
async function startPair(t: TimedTest, name: string, weight: number): Promise<Pair> {
  const { lab, high, low } = await buildPlainPair(t, name);
  const lines = ["track_script {", `up weight ${weight}`, "}"];
  high.write(configPath, script + renderInstance({ priority: 110, lines }));
  low.write(configPath, renderInstance({ priority: 100 }));
  const first = startHoldfast(high);
  await lab.waitForHolders(floatingAddress, [high]);
  startHoldfast(low);
  return { lab, high, low, first };
}

describe("a frozen parent", { concurrency: 3 }, () => {
  for (const [name, weight] of [
    ["priority", -30],
    ["fault", 0],
  ] as const) {
    test(`does not prevent a failover (${name})`, async (t) => {
      const { lab, high, low, first } = await startPair(t, `parent-${name}`, weight);
      assert.ok(first.signal("SIGSTOP"));
      const from = first.lines.length;
      high.write(faultFile, "");
      await lab.waitForHolders(floatingAddress, [low]);
      await assertInOrder(
        first,
        [
          /^Track script up: the parent process does not answer/,
          /^VRRP_Script\(up\) failed \(the parent process does not answer\)/,
        ],
        from,
      );

      // Late answers to earlier requests do not count as results; a new run's does.
      const thawed = first.lines.length;
      assert.ok(first.signal("SIGCONT"));
      await assertInOrder(
        first,
        [/^Track script up: the parent process answers again/, /now returning 1/],
        thawed,
      );
      assertNotLogged(first, /VRRP_Script/, thawed);
      await high.run(["rm", faultFile]);
      await first.waitForLine(/VRRP_Script\(up\) succeeded/, undefined, thawed);
      await lab.waitForHolders(floatingAddress, [high]);
      assert.equal((await first.stop()).code, 0);
    });
  }

  test("has no effect if it is resumed before its answers are overdue", async (t) => {
    const { lab, high, first } = await startPair(t, "parent-short", -30);
    const from = first.lines.length;
    assert.ok(first.signal("SIGSTOP"));
    await first.waitForLine(/skipping run/, undefined, from);
    assert.ok(first.signal("SIGCONT"));
    await signalAndWait(first, "SIGUSR2", /keepalived\.stats/);
    await lab.waitForHolders(floatingAddress, [high]);
    assert.equal((await first.stop()).code, 0);
    assertNotLogged(first, /does not answer|Changing effective|Entering BACKUP/, from);
  });
});
