// A parent that stands still runs no scripts and tells no results: its vrrp process does not wait for it for ever.

import assert from "node:assert/strict";
import { describe } from "node:test";
import type { Host } from "../../lab/host.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
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

/** Fails while the file is there. */
const script = `vrrp_script up {
    script "/bin/sh -c '[ ! -e ${faultFile} ]'"
    interval 1
}
`;

interface Pair {
  readonly lab: Lab;
  readonly high: Host;
  readonly low: Host;
  /** The daemon of `high`, which is master. */
  readonly first: Program;
}

/** A pair that runs; the better node's script weighs `weight`. */
async function startPair(t: TimedTest, name: string, weight: number): Promise<Pair> {
  const lab = await createLab({ name });
  t.after(() => lab.close());
  const { high, low } = await buildPlainPair(lab);
  const lines = ["track_script {", `up weight ${weight}`, "}"];
  high.write(configPath, script + renderInstance({ priority: 110, lines }));
  low.write(configPath, renderInstance({ priority: 100 }));
  const first = startHoldfast(high);
  await lab.waitForHolders(floatingAddress, [high]);
  startHoldfast(low);
  return { lab, high, low, first };
}

describe("a parent that stands still", { concurrency: 3 }, () => {
  for (const [name, weight] of [
    ["priority", -30],
    ["fault", 0],
  ] as const) {
    test(`does not keep a failed check (${name}) from moving the address`, async (t) => {
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

      // What was ordered meanwhile is answered now: that is no result, a fresh run's is.
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

  test("for less than its answers may take changes nothing", async (t) => {
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
