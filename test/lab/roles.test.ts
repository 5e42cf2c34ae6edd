// A child process beside vrrp: everything that a daemon does for its children it does for a role that only this test
// knows.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { projectRoot } from "../../lab/anchor.ts";
import { until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import { configPath } from "../../lab/pair-a.ts";
import type { Program } from "../../lab/program.ts";
import { test } from "../support/timed-test.ts";
import {
  assertNotLogged,
  buildSingleNode,
  floatingAddress,
  renderQuickInstance,
  signalAndWait,
} from "./daemons.ts";
import { TOY_FOLDER } from "./toy-role.ts";

const main = join(projectRoot, "dist/test/lab/toy-main.js");

function render(names: readonly string[]): string {
  return renderQuickInstance() + names.map((name) => `toy ${name} {\n    kept\n}\n`).join("");
}

function start(host: Host): Program {
  return host.spawn([process.execPath, main, "-n", "-l", "-D", "-f", configPath]);
}

/** Sends `signal` to the toy process. */
async function signalToy(host: Host, signal: "KILL" | "STOP", role = "toy"): Promise<void> {
  await host.run(["kill", `-${signal}`, host.read(`/run/${role}.pid`).trim()]);
}

function held(host: Host, name: string): boolean {
  return existsSync(host.path(join(TOY_FOLDER, name)));
}

describe("a second role", { concurrency: true }, () => {
  test("starts, gets its part of the configuration, is resumed, and is cleaned up after", async (t) => {
    const { lab, host } = await buildSingleNode(t, "toy", render(["bear", "duck"]));
    const daemon = start(host);
    await daemon.waitForLine(/Starting Toy child process, pid=\d+/);
    await daemon.waitForLine(/toys' part of the configuration: toys$/);
    await daemon.waitForLine(/Toy duck is new/);
    // Its own messages: a report, a script of the role by name, an order.
    await daemon.waitForLine(/Applause for duck: \{"kind":"exited","status":3\}/);
    await lab.waitForHolders(floatingAddress, [host]);
    assert.ok(held(host, "bear") && held(host, "duck"));
    assert.notEqual(host.read("/run/toy.pid"), host.read("/run/vrrp.pid"));

    await signalAndWait(daemon, "SIGUSR1", /Written to \/tmp\/toys/);
    assert.match(host.read("/tmp/toys"), /^2 toys\nbear \d+\nduck \d+\n$/);

    for (const again of ["once", "twice"]) {
      const from = daemon.lines.length;
      await signalToy(host, "KILL");
      await daemon.waitForLine(/Toy child process\(\d+\) died: Respawning/, undefined, from);
      const { text } = await daemon.waitForLine(/Toy bear continues from \d+/, undefined, from);
      assert.ok(Number(/from (\d+)/.exec(text)?.[1]) > 0, again);
      assertNotLogged(daemon, /Toy bear is new|Removed the toy/, from);
    }
    const from = daemon.lines.length;
    await signalToy(host, "KILL");
    await daemon.waitForLine(/Removed the toy bear of its process/, undefined, from);
    await daemon.waitForLine(/Removed the toy duck of its process/, undefined, from);
    await daemon.waitForLine(/Restart of Toy process delayed 1 seconds/, undefined, from);
    await daemon.waitForLine(/Toy bear is new/, undefined, from);
    await until("the files", () => (held(host, "bear") && held(host, "duck")) || undefined);
    // The address never moved for it.
    assert.equal(lab.holdings(floatingAddress).length, 1);
    assert.equal((await daemon.stop()).code, 0, daemon.text());
    assert.ok(!held(host, "bear") && !existsSync(host.path("/run/toy.pid")));
  });

  test("gets its part at a reload, and is replaced when a signal stops it", async (t) => {
    const { host } = await buildSingleNode(t, "toy-freeze", render(["bear"]));
    const daemon = start(host);
    await daemon.waitForLine(/Toy bear is new/);
    host.write(configPath, render(["bear", "duck"]));
    const fromReload = daemon.lines.length;
    await signalAndWait(daemon, "SIGHUP", /Reload complete/);
    await daemon.waitForLine(/Toy duck is new/, undefined, fromReload);
    assertNotLogged(daemon, /Toy bear is new|died/, fromReload);

    const from = daemon.lines.length;
    await signalToy(host, "STOP");
    await daemon.waitForLine(/toy child process\(\d+\) is stopped: killing it/, undefined, from);
    await daemon.waitForLine(/Toy duck continues from \d+/, undefined, from);
    assertNotLogged(daemon, /vrrp child process|VRRP child process/, from);
    assert.equal((await daemon.stop()).code, 0, daemon.text());
  });

  test("sends messages directly to another child, also after that one is restarted", async (t) => {
    const { host } = await buildSingleNode(t, "toy-link", render(["bear", "duck"]));
    const daemon = start(host);
    await daemon.waitForLine(/Heard from toy: bear duck/);
    const from = daemon.lines.length;
    await signalToy(host, "KILL", "twin");
    await daemon.waitForLine(/Twin child process\(\d+\) died: Respawning/, undefined, from);
    await daemon.waitForLine(/Heard from toy: bear duck/, undefined, from);
    assertNotLogged(daemon, /Toy child process/, from);
    assert.equal((await daemon.stop()).code, 0, daemon.text());
  });
});
