// A notify FIFO created by another user is not written to, nor passed to a script that runs as root.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe } from "node:test";
import { until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import { configPath } from "../../lab/pair-a.ts";
import { test } from "../support/timed-test.ts";
import {
  buildSingleNode,
  floatingAddress,
  renderQuickInstance,
  signalAndWait,
  startHoldfast,
  waitForFile,
} from "./daemons.ts";

const fifo = "/run/shared/states";
const readerLog = "/run/reader.log";
const reader = `#!/bin/sh\necho started >> ${readerLog}\nexec cat "$1" >> ${readerLog}\n`;
const nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];

function config(priority: number, path = fifo): string {
  return `global_defs {
    script_user root
    vrrp_notify_fifo ${path}
    vrrp_notify_fifo_script /etc/keepalived/reader.sh
}
${renderQuickInstance([`priority ${priority}`])}`;
}

/** Creates a folder in which any user can create files, like /tmp. */
async function makeShared(host: Host): Promise<void> {
  await host.run(["sh", "-c", "mkdir -p /run/shared && chmod 1777 /run/shared"]);
}

describe("a notify FIFO", { concurrency: 2 }, () => {
  test("of another user is refused, at the start and at a reload", async (t) => {
    const scripts = { "reader.sh": reader };
    const { lab, host } = await buildSingleNode(t, "fifo-foreign", config(100), { scripts });
    await makeShared(host);
    await host.run([...nobody, "mkfifo", "-m", "666", fifo]);
    const program = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    const refusal = /Unable to open notify FIFO \/run\/shared\/states: .*belongs to uid 65534/;
    await program.waitForLine(refusal);
    const from = program.lines.length;
    host.write(configPath, config(101));
    await signalAndWait(program, "SIGHUP", /Reload complete/);
    await program.waitForLine(refusal, undefined, from);
    assert.ok(!existsSync(host.path(readerLog)));

    // The daemon creates its own one, accessible to its owner only.
    await host.run(["rm", fifo]);
    host.write(configPath, config(102));
    await signalAndWait(program, "SIGHUP", /Reload complete/);
    await waitForFile(host, readerLog, (text) => text.includes("started"));
    const { stdout } = await host.run(["stat", "-c", "%U %a", fifo]);
    assert.equal(stdout, "root 600\n");
    assert.equal((await program.stop()).code, 0, program.text());
    assert.match(host.read(readerLog), /INSTANCE "VI_1" STOP/);
  });

  test("replaced by another user while the daemon runs gets no reader", async (t) => {
    const scripts = { "reader.sh": reader };
    const { lab, host } = await buildSingleNode(t, "fifo-replaced", config(100), { scripts });
    await makeShared(host);
    const program = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    await waitForFile(host, readerLog, (text) => text.includes("MASTER"));
    await host.run(["rm", fifo]);
    await host.run([...nobody, "mkfifo", "-m", "666", fifo]);
    const from = program.lines.length;
    const before = host.read(readerLog);
    host.write(configPath, config(101));
    await signalAndWait(program, "SIGHUP", /Reload complete/);
    await program.waitForLine(/script .* is not started: .*belongs to uid 65534/, undefined, from);
    await program.waitForLine(/cannot be opened: .*belongs to uid 65534/, undefined, from);
    assert.equal(host.read(readerLog).replace(before, "").includes("started"), false);

    await host.run(["rm", fifo]);
    await until("the reader", () =>
      host.read(readerLog).replace(before, "").includes("started") ? true : undefined,
    );
    assert.equal((await program.stop()).code, 0, program.text());
  });

  test("in another user's folder gets no reader", async (t) => {
    const scripts = { "reader.sh": reader };
    const path = "/run/theirs/states";
    const { lab, host } = await buildSingleNode(t, "fifo-folder", config(100, path), { scripts });
    await host.run(["sh", "-c", "mkdir -p /run/theirs && chown 65534 /run/theirs"]);
    const program = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    await program.waitForLine(/script .* is not started: \/run\/theirs \(owned by uid 65534\)/);
    assert.ok(!existsSync(host.path(readerLog)));
    assert.equal((await program.stop()).code, 0, program.text());
  });
});
