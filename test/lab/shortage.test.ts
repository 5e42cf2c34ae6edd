// A daemon on a machine without resources: no free descriptor, no process, no program file.

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

describe("a parent without free descriptors", { concurrency: true }, () => {
  test("refuses a reload and logs why; a later one works", async (t) => {
    const { lab, host, program, pid } = await startNode(t, "shortage-reload");
    await forbidDescriptors(pid);
    await signalAndWait(program, "SIGHUP", /Reload refused: /);
    await allowDescriptors(pid);
    host.write(configPath, renderQuickInstance(["priority 90"]));
    await signalAndWait(program, "SIGHUP", /Reload complete/);
    assert.equal(lab.holdings(floatingAddress).length, 1);
  });

  test("keeps the last result of scripts that it cannot start, up to script_shortage_limit", async (t) => {
    const lines = ["track_script {", "chk", "}"];
    const script = 'vrrp_script chk {\n script "/bin/true"\n interval 1\n user root\n}\n';
    const limit = "global_defs {\n script_shortage_limit 5\n}\n";
    const config = `${limit}${script}${renderQuickInstance(lines)}`;
    const { lab, host, program, pid } = await startNode(t, "shortage-script", config);
    await program.waitForLine(/VRRP_Script\(chk\) succeeded/);
    const spawner = program
      .processes()
      .find((one) => argumentsOf(one.pid).some((word) => word.endsWith("spawner-main.js")));
    assert.ok(spawner !== undefined, "no script spawner");
    await forbidDescriptors(pid);
    // The running spawner is not affected, so replace it: the next one cannot be started.
    send(spawner.pid, "SIGKILL");
    const at = await program.waitForLine(/Track script chk could not be started: /);
    const failed = await program.waitForLine(/VRRP_Script\(chk\) failed/);
    assert.ok(failed.at - at.at >= 4_900, "failed before script_shortage_limit");
    await program.waitForLine(/\(VI_1\) Entering FAULT STATE/);
    await allowDescriptors(pid);
    const from = program.lines.length;
    await program.waitForLine(/VRRP_Script\(chk\) succeeded/, undefined, from);
    await lab.waitForHolders(floatingAddress, [host]);
  });

  test("retries to start its vrrp process", async (t) => {
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

describe("a vrrp process whose program file is missing", () => {
  test("is restarted until the file is back", async (t) => {
    const { lab, host, program } = await startNode(t, "shortage-program");
    const { pid } = await waitForChild(program);
    const folder = join(projectRoot, "dist/bundle");
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
