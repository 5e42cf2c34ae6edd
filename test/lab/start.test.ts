// Starting under adverse conditions: a full /run, a read-only /proc, foreign locks, a slow startup script.

import assert from "node:assert/strict";
import { closeSync, openSync, readlinkSync } from "node:fs";
import { describe } from "node:test";
import { sleep, until } from "../../lab/clock.ts";
import { configPath } from "../../lab/pair-a.ts";
import { declare } from "../../src/os/ffi/ffi.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertNotLogged,
  buildSingleNode,
  floatingAddress,
  foreground,
  launcher,
  renderQuickInstance,
  startHoldfast,
  waitForFile,
  waitUntilGone,
} from "./daemons.ts";

/** asm-generic/fcntl.h */
const F_OFD_SETLK = 37;
const F_RDLCK = 0;

/** Holds a read lock on a file until the end of the test. */
function lockForReading(t: TimedTest, path: string): void {
  const fd = openSync(path, "r");
  t.after(() => closeSync(fd));
  const fcntl = declare("int fcntl(int, int, void *)");
  const flock = new Int16Array(16);
  flock[0] = F_RDLCK;
  assert.equal(fcntl(fd, F_OFD_SETLK, flock), 0);
}

describe("the start of a daemon", { concurrency: 3 }, () => {
  test("works with a full /run, and its lock still prevents a second one", async (t) => {
    const { lab, host } = await buildSingleNode(t, "start-full");
    const fill = "head -c 1M /dev/zero > /run/fill || true";
    await host.run(["sh", "-c", `mount -t tmpfs -o size=16k none /run && ${fill}`]);
    const first = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    await first.waitForLine(/Cannot write the pid file .*ENOSPC/);
    const second = startHoldfast(host);
    assert.equal((await second.ended).code, 0);
    await second.waitForLine(/daemon is already running/);
    assert.equal((await first.stop()).code, 0, first.text());
  });

  test("works with a read-only /proc", async (t) => {
    const { lab, host } = await buildSingleNode(t, "start-proc");
    await host.run(["mount", "-o", "remount,bind,ro", "/proc"]);
    const program = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    for (const { comm } of program.processes()) assert.equal(comm, "holdfast");
    assert.equal((await program.stop()).code, 0, program.text());
  });

  test("ignores a read lock on the pid file of a killed daemon", async (t) => {
    const { lab, host } = await buildSingleNode(t, "start-locked");
    const killed = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    await killed.killAll();
    // Any user can read these files and therefore lock them.
    for (const name of ["keepalived", "vrrp"]) lockForReading(t, host.path(`/run/${name}.pid`));
    const next = startHoldfast(host);
    // Wait for the log line: the killed daemon's address may still be there.
    await next.waitForLine(/Entering MASTER STATE/);
    const third = startHoldfast(host);
    await third.waitForLine(/daemon is already running/);
    assert.equal((await next.stop()).code, 0, next.text());
  });

  test("stops at once while its startup script runs", async (t) => {
    const slow = "#!/bin/sh\necho $$ > /run/started\nexec sleep 600\n";
    const config = `global_defs {
    script_user root
    startup_script /etc/keepalived/slow.sh
    startup_script_timeout 600
    shutdown_script "/bin/sh -c 'echo ended > /run/ended'"
}
${renderQuickInstance()}`;
    const { lab, host } = await buildSingleNode(t, "start-stop", config, {
      scripts: { "slow.sh": slow },
    });
    const program = startHoldfast(host);
    const pid = (await waitForFile(host, "/run/started", (text) => text !== "")).trim();
    program.signal("SIGTERM");
    assert.equal((await program.ended).code, 0, program.text());
    assertNotLogged(program, /Startup complete|Starting VRRP/);
    assert.deepEqual(lab.holdings(floatingAddress), []);
    assert.equal(host.read("/run/ended"), "ended\n");
    const { code } = await host.run(["kill", "-0", pid], { mayFail: true });
    assert.notEqual(code, 0, "the startup script still runs");
  });

  test("leaves no process behind when it is killed on the way", async (t) => {
    const { lab, host } = await buildSingleNode(t, "start-killed");
    // At any of these moments the processes that it has started are at another point of their own start.
    for (const children of [1, 2]) {
      for (const millis of [0, 40, 80, 120]) {
        const program = startHoldfast(host);
        await until("its processes", () => program.processes().length > children || undefined);
        await sleep(millis);
        program.signal("SIGKILL");
        await waitUntilGone(program);
      }
    }
    await lab.waitForHolders(floatingAddress, []);
    const last = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    await last.stop();
  });

  test("changes to / in the background and still resolves relative paths", async (t) => {
    const { lab, host } = await buildSingleNode(t, "start-folder");
    host.write("/run/node/part.conf", renderQuickInstance());
    host.write("/run/node/main.conf", "include part.conf\n");
    host.write("/run/node/tmp/.keep", "");
    const start = `cd /run/node && TMPDIR=tmp "$@"`;
    const words = ["-f", "main.conf", "-p", "./parent.pid", "-r", "vrrp.pid"];
    await host.run(["sh", "-c", start, "sh", process.execPath, launcher, ...words]);
    await lab.waitForHolders(floatingAddress, [host]);
    const pids = ["parent", "vrrp"].map((name) => host.read(`/run/node/${name}.pid`).trim());
    const folders = pids.map((pid) => readlinkSync(host.path(`/proc/${pid}/cwd`)));
    assert.deepEqual(folders, ["/", "/"]);
    const [parent = ""] = pids;
    host.write("/run/node/part.conf", renderQuickInstance(["priority 77"]));
    await host.run(["kill", "-HUP", parent]);
    await until("the reload", async () => {
      await host.run(["kill", "-USR1", parent]);
      const data = await waitForFile(host, "/run/node/tmp/keepalived.data", (text) => text !== "");
      return /Priority = 77/.test(data) ? true : undefined;
    });
    await host.run(["kill", parent]);
    await lab.waitForHolders(floatingAddress, []);
  });

  test("keeps its working directory in the foreground", async (t) => {
    const { lab, host } = await buildSingleNode(t, "start-stays");
    const start = `cd /etc/keepalived && exec "$@"`;
    const words = foreground.map((word) => (word === configPath ? "keepalived.conf" : word));
    const program = host.spawn(["sh", "-c", start, "sh", process.execPath, launcher, ...words]);
    await lab.waitForHolders(floatingAddress, [host]);
    assert.match(readlinkSync(`/proc/${program.pid}/cwd`), /\/etc\/keepalived$/);
    assert.equal((await program.stop()).code, 0, program.text());
  });
});
