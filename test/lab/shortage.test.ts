// What a daemon does when the machine has nothing left to give: no descriptor, no process, no program to start.

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe } from "node:test";
import { projectRoot } from "../../lab/anchor.ts";
import { until } from "../../lab/clock.ts";
import { configPath } from "../../lab/pair-a.ts";
import { argumentsOf, send } from "../../lab/processes.ts";
import type { Program } from "../../lab/program.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertNotLogged,
  buildSingleNode,
  floatingAddress,
  renderQuickInstance,
  type SingleNode,
  signalAndWait,
  startHoldfast,
} from "./daemons.ts";
import { waitForChild } from "./fencing-pair.ts";
import { allowDescriptors, forbidDescriptors } from "./shortage.ts";

interface Node extends SingleNode {
  readonly program: Program;
  readonly pid: number;
}

async function startNode(t: TimedTest, name: string, config?: string): Promise<Node> {
  const { lab, host } = await buildSingleNode(t, name, config);
  const program = startHoldfast(host);
  await lab.waitForHolders(floatingAddress, [host]);
  const pid = await until("the process", () => program.pid);
  return { lab, host, program, pid };
}

describe("a parent that can open nothing", { concurrency: true }, () => {
  test("refuses a reload and says why; the next one works", async (t) => {
    const { lab, host, program, pid } = await startNode(t, "shortage-reload");
    await forbidDescriptors(pid);
    await signalAndWait(program, "SIGHUP", /Reload refused: /);
    await allowDescriptors(pid);
    host.write(configPath, renderQuickInstance(["priority 90"]));
    await signalAndWait(program, "SIGHUP", /Reload complete/);
    assert.equal(lab.holdings(floatingAddress).length, 1);
  });

  test("takes tracked scripts that it cannot start for unknown: a fault only after the limit", async (t) => {
    const lines = ["track_script {", "chk", "}"];
    const script = 'vrrp_script chk {\n script "/bin/true"\n interval 1\n user root\n}\n';
    const limit = "global_defs {\n script_shortage_limit 5\n}\n";
    const config = `${limit}${script}${renderQuickInstance(lines)}`;
    const { lab, host, program, pid } = await startNode(t, "shortage-script", config);
    await program.waitForLine(/VRRP_Script\(chk\) succeeded/);
    const spawner = program
      .processes()
      .find((one) => argumentsOf(one.pid).some((word) => word.endsWith("spawner-main.js")));
    assert.ok(spawner !== undefined, "what starts the scripts");
    await forbidDescriptors(pid);
    // It has all that it needs; the next one cannot be started.
    send(spawner.pid, "SIGKILL");
    const at = await program.waitForLine(/Track script chk could not be started: /);
    const failed = await program.waitForLine(/VRRP_Script\(chk\) failed/);
    assert.ok(failed.at - at.at >= 4_900, "the last result stood for the limit");
    await program.waitForLine(/\(VI_1\) Entering FAULT STATE/);
    await allowDescriptors(pid);
    const from = program.lines.length;
    await program.waitForLine(/VRRP_Script\(chk\) succeeded/, undefined, from);
    await lab.waitForHolders(floatingAddress, [host]);
  });

  test("tries again to start its vrrp process", async (t) => {
    const { lab, host, program, pid } = await startNode(t, "shortage-start");
    const child = await waitForChild(program);
    await forbidDescriptors(pid);
    const from = program.lines.length;
    send(child.pid, "SIGKILL");
    await program.waitForLine(/Cannot start the VRRP child process: /, undefined, from);
    await allowDescriptors(pid);
    await waitForChild(program, child.pid);
    await program.waitForLine(/\(VI_1\) Entering MASTER STATE/, undefined, from);
    await lab.waitForHolders(floatingAddress, [host]);
    assert.equal((await program.stop()).code, 0, program.text());
  });
});

describe("a vrrp process that Node itself ends", () => {
  test("with status 1, since the program is away, is started again until it is back", async (t) => {
    const { lab, host, program } = await startNode(t, "shortage-program");
    const { pid } = await waitForChild(program);
    const folder = join(projectRoot, "dist/src");
    await host.run(["mount", "-t", "tmpfs", "none", folder]);
    const from = program.lines.length;
    send(pid, "SIGKILL");
    await program.waitForLine(/exited with status 1$/, undefined, from);
    await lab.waitForHolders(floatingAddress, []);
    await host.run(["umount", folder]);
    await lab.waitForHolders(floatingAddress, [host]);
    assertNotLogged(program, /permanent error/);
    assert.equal((await program.stop()).code, 0, program.text());
  });
});
