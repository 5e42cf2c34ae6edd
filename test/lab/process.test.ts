// The daemon as a process: background and foreground, pid files, command-line options.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe } from "node:test";
import { until } from "../../lab/clock.ts";
import type { RunResult } from "../../lab/command.ts";
import type { Host } from "../../lab/host.ts";
import { configPath } from "../../lab/pair-a.ts";
import { test } from "../support/timed-test.ts";
import {
  assertNotLogged,
  buildSingleNode,
  floatingAddress,
  foreground,
  jsonDump,
  jsonSignal,
  launcher,
  pairInterface,
  renderInstance,
  renderQuickInstance,
  signalAndWait,
  startHoldfast,
  waitForFile,
} from "./daemons.ts";

/** Runs holdfast until the started process has exited and its output is closed. */
function run(host: Host, words: readonly string[]): Promise<RunResult> {
  return host.run([process.execPath, launcher, ...words], { mayFail: true });
}

/** The value of `key` in /proc/PID/status of a process of the host. */
function statusOf(host: Host, pid: number, key: string): string {
  return new RegExp(`^${key}:\\s*(\\S+)`, "m").exec(host.read(`/proc/${pid}/status`))?.[1] ?? "";
}

function pidIn(host: Host, path: string): number {
  const text = host.read(path);
  assert.match(text, /^\d+\n$/);
  return Number(text);
}

/** Waits for the exit of `pid`, a pid inside the host. */
function waitForExit(host: Host, pid: number): Promise<true> {
  return until(`the exit of ${pid}`, () =>
    existsSync(host.path(`/proc/${pid}`)) ? undefined : true,
  );
}

describe("the process", { concurrency: 3 }, () => {
  test("goes into the background, and prevents a second start", async (t) => {
    const { lab, host } = await buildSingleNode(t, "background");
    const { code, stdout, stderr } = await run(host, ["-f", configPath]);
    assert.deepEqual([code, stdout, stderr], [0, "", ""]);
    const parent = pidIn(host, "/run/keepalived.pid");
    const child = pidIn(host, "/run/vrrp.pid");
    assert.equal(statusOf(host, parent, "Name"), "holdfast");
    assert.equal(statusOf(host, child, "Name"), "holdfast");
    assert.equal(statusOf(host, child, "PPid"), String(parent));
    assert.equal(statusOf(host, parent, "PPid"), "1");
    // In its own session, so that a closing terminal does not affect it.
    assert.equal(statusOf(host, parent, "NSsid"), String(parent));
    await lab.waitForHolders(floatingAddress, [host]);

    const second = await run(host, foreground);
    assert.equal(second.code, 0);
    assert.match(second.stderr, /daemon is already running/);
    assert.equal(pidIn(host, "/run/keepalived.pid"), parent);

    await host.run(["kill", String(parent)]);
    await waitForExit(host, parent);
    await lab.waitForHolders(floatingAddress, []);
    for (const name of ["keepalived", "vrrp"]) {
      assert.ok(!existsSync(host.path(`/run/${name}.pid`)), name);
    }
  });

  test("reports why it does not start, with a fitting exit status", async (t) => {
    const { lab, host } = await buildSingleNode(t, "refusals", "vrrp_instance VI_1 {\n");
    const bad = await run(host, ["-f", configPath]);
    assert.equal(bad.code, 2);
    assert.match(
      bad.stderr,
      /keepalived\.conf:1:1: fatal: this block is not closed: a '\}' is missing/,
    );
    const missing = await run(host, ["-f", "/etc/keepalived/none.conf"]);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /none\.conf/);
    const powerless = ["setpriv", "--bounding-set=-net_raw", "--"];
    host.write(configPath, renderQuickInstance());
    const words = [...powerless, process.execPath, launcher, "-f", configPath];
    const weak = await host.run(words, { mayFail: true });
    assert.equal(weak.code, 4);
    assert.match(weak.stderr, /CAP_NET_RAW/);
    assert.deepEqual(lab.holdings(floatingAddress), []);
    assert.ok(!existsSync(host.path("/run/keepalived.pid")));
  });

  test("writes pid files to the given paths, and ignores those of a killed daemon", async (t) => {
    const { lab, host } = await buildSingleNode(t, "pid-files");
    const other = renderQuickInstance()
      .replace("51", "52")
      .replaceAll("VI_1", "VI_2")
      .replace(floatingAddress, "10.77.0.101");
    host.write("/etc/keepalived/other.conf", other);
    const usual = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    const files = ["-p", "/run/other.pid", "-r", "/run/other-vrrp.pid", "-c", "/run/other-c.pid"];
    const words = ["-n", "-l", "-f", "/etc/keepalived/other.conf", ...files];
    const beside = startHoldfast(host, words);
    await lab.waitForHolders("10.77.0.101", [host]);
    assert.notEqual(pidIn(host, "/run/other.pid"), pidIn(host, "/run/keepalived.pid"));
    assert.notEqual(pidIn(host, "/run/other-vrrp.pid"), pidIn(host, "/run/vrrp.pid"));
    await beside.stop();
    assert.ok(!existsSync(host.path("/run/other.pid")));

    await usual.killAll();
    assert.ok(existsSync(host.path("/run/keepalived.pid")));
    const next = startHoldfast(host);
    await next.waitForLine(/Startup complete/);
    assert.equal((await next.stop()).code, 0);
  });

  test("-V keeps the addresses, -R exits with the child, -P and -C select children", async (t) => {
    const { lab, host } = await buildSingleNode(t, "options");
    const noChild = startHoldfast(host, [...foreground, "-C"]);
    await noChild.waitForLine(/Startup complete/);
    assert.equal(noChild.processes().length, 1);
    assert.equal((await noChild.stop()).code, 0);
    assert.deepEqual(lab.holdings(floatingAddress), []);

    const fragile = startHoldfast(host, [...foreground, "-P", "-R"]);
    await lab.waitForHolders(floatingAddress, [host]);
    await host.run(["kill", "-KILL", String(pidIn(host, "/run/vrrp.pid"))]);
    assert.notEqual((await fragile.ended).code, 0);
    await lab.waitForHolders(floatingAddress, []);

    const kept = startHoldfast(host, [...foreground, "-V"]);
    await lab.waitForHolders(floatingAddress, [host]);
    assert.equal((await kept.stop()).code, 0);
    const { stdout } = await host.run(["ip", "-o", "address", "show", "dev", pairInterface]);
    assert.match(stdout, /10\.77\.0\.100\/24 .*valid_lft forever/);

    // The next daemon adopts the remaining address and removes it when it stops.
    const last = startHoldfast(host);
    await last.waitForLine(/Entering MASTER STATE/);
    assert.equal((await last.stop()).code, 0);
    await lab.waitForHolders(floatingAddress, []);
  });

  test("--signum, -v and -h print their output and exit", async (t) => {
    const { host } = await buildSingleNode(t, "answers");
    const numbers = { STOP: 15, RELOAD: 1, DATA: 10, STATS: 12, STATS_CLEAR: 63, JSON: 36 };
    for (const [name, number] of Object.entries(numbers)) {
      const [ours, theirs] = await Promise.all([
        run(host, [`--signum=${name}`]),
        host.run(["keepalived", `--signum=${name}`], { mayFail: true }),
      ]);
      assert.deepEqual([ours.code, ours.stdout], [0, `${number}\n`], name);
      if (theirs.code === 0) assert.equal(theirs.stdout, ours.stdout);
    }
    assert.equal((await run(host, ["--signum=NONE"])).code, 1);
    const version = await run(host, ["-v"]);
    assert.equal(version.code, 0);
    assert.match(version.stderr, /^Keepalived v2\.4\.3 \(holdfast /);
    assert.equal((await run(host, ["-h"])).code, 0);
    assert.equal((await run(host, ["--no-such-option"])).code, 1);
  });

  test("applies process settings, dumps the configuration with -d, and ignores SIGINT if asked to", async (t) => {
    const globals = [
      "umask 027",
      "vrrp_priority -5",
      "vrrp_cpu_affinity 0",
      "vrrp_no_swap",
      "vrrp_rlimit_rttime 20000",
    ];
    const lines = ["authentication {", "auth_type PASS", "auth_pass s3cret", "}"];
    const config = `global_defs {\n${globals.join("\n")}\n}\n${renderInstance({ priority: 77, lines })}`;
    const { lab, host } = await buildSingleNode(t, "settings", config);
    const program = startHoldfast(host, [...foreground, "-d", "--ignore-sigint"]);
    await lab.waitForHolders(floatingAddress, [host]);
    const child = pidIn(host, "/run/vrrp.pid");
    const { stdout } = await host.run(["ps", "-o", "ni=", "-p", String(child)]);
    assert.equal(stdout.trim(), "-5");
    assert.equal(statusOf(host, child, "Cpus_allowed_list"), "0");
    assert.notEqual(statusOf(host, child, "VmLck"), "0");
    assert.equal(statusOf(host, child, "Umask"), "0027");
    assert.match(host.read(`/proc/${child}/limits`), /^Max realtime timeout +20000 /m);
    // The parent, which runs the scripts, is not affected.
    const parent = pidIn(host, "/run/keepalived.pid");
    assert.equal(statusOf(host, parent, "VmLck"), "0");
    assert.match(program.text(), /------< Configuration >------/);
    assert.match(program.text(), /priority = 77/);
    assert.doesNotMatch(program.text(), /s3cret/);

    assert.ok(program.signal("SIGINT"));
    await signalAndWait(program, "SIGHUP", /Reload complete/);
    assertNotLogged(program, /Stopping/);
    assert.equal((await program.stop()).code, 0);
  });

  test("runs the startup script before its children and the shutdown script after them", async (t) => {
    const countLog = "/run/count.log";
    const countProcesses = (label: string): string =>
      `"/bin/sh -c 'echo ${label} $(pgrep -c holdfast) >>${countLog}'"`;
    const globals = [
      `startup_script ${countProcesses("first")}`,
      `shutdown_script ${countProcesses("last")}`,
      "shutdown_script_timeout 5",
    ];
    const config = `global_defs {\n${globals.join("\n")}\n}\n${renderQuickInstance()}`;
    const { lab, host } = await buildSingleNode(t, "startup", config);
    const program = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    assert.equal(program.processes().length, 2);
    assert.equal((await program.stop()).code, 0);
    // Only the parent is running each time.
    assert.equal(host.read(countLog), "first 1\nlast 1\n");

    host.write(
      configPath,
      config.replace(
        /startup_script .*/,
        'startup_script "/bin/sleep 30"\nstartup_script_timeout 1',
      ),
    );
    const patient = startHoldfast(host);
    await patient.waitForLine(/: startup script timed out/);
    await lab.waitForHolders(floatingAddress, [host]);
    await patient.stop();
  });

  test("ends a child that was started early before it runs the shutdown script", async (t) => {
    const last = `#!/bin/sh
i=0
while [ $(pgrep -c holdfast) -gt 1 ] && [ $i -lt 50 ]; do sleep 0.1; i=$((i + 1)); done
pgrep -c holdfast > /run/last
`;
    const globals = ["shutdown_script /etc/keepalived/last.sh", "shutdown_script_timeout 20"];
    const slow = `#${"x".repeat(1000)}\n`.repeat(15_000);
    const config = `global_defs {\n${globals.join("\n")}\n}\n${renderQuickInstance()}${slow}`;
    const { lab, host } = await buildSingleNode(t, "stop-early", config, {
      scripts: { "last.sh": last },
      openFiles: ["/run/last"],
    });
    const program = startHoldfast(host);
    // The parent, the reader and the early child. The stop takes effect after the reading.
    await until("the early child", () => program.processes().length > 2 || undefined);
    assert.ok(program.signal("SIGTERM"));
    assert.equal((await program.ended).code, 0, program.text());
    assertNotLogged(program, /Startup complete|Starting VRRP/);
    assert.equal(host.read("/run/last"), "1\n");
    assert.deepEqual(lab.holdings(floatingAddress), []);
  });

  test("runs in the network namespace given by -s or net_namespace", async (t) => {
    const { host } = await buildSingleNode(t, "namespace");
    const inside = async (...words: string[]): Promise<string> =>
      (await host.run(["ip", "-n", "inner", ...words])).stdout;
    await host.run(["ip", "netns", "add", "inner"]);
    await host.run(["ip", "link", "add", "eth9", "type", "veth", "peer", "eth0", "netns", "inner"]);
    await host.run(["ip", "link", "set", "eth9", "up"]);
    await inside("address", "add", "10.88.0.1/24", "dev", "eth0");
    await inside("link", "set", "eth0", "up");
    const config = renderQuickInstance().replace(floatingAddress, "10.88.0.100");
    const holds = async (): Promise<true | undefined> =>
      (await inside("address", "show", "dev", "eth0")).includes("10.88.0.100/24")
        ? true
        : undefined;
    for (const [words, before] of [
      [["-s", "inner"], ""],
      [[], "net_namespace inner\n"],
    ] as const) {
      host.write(configPath, before + config);
      const program = startHoldfast(host, [...foreground, ...words]);
      await until("the address inside", holds, undefined, 50);
      assert.equal(
        statusOf(host, pidIn(host, "/run/keepalived/inner/keepalived.pid"), "PPid"),
        "0",
      );
      assert.deepEqual(
        (await host.addressesOf(pairInterface)).filter((address) => !address.startsWith("fe80")),
        ["10.77.0.1/24"],
      );
      assert.equal((await program.stop()).code, 0);
      assert.equal(await holds(), undefined);
    }
    host.write(configPath, config);
    const nowhere = await run(host, [...foreground, "-s", "nowhere"]);
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.stderr, /nowhere/);
  });

  test("-i selects the lines for this host in a shared file", async (t) => {
    const lines = ["@one priority 111", "@two priority 122", "@^two preempt_delay 7"];
    const { lab, host } = await buildSingleNode(t, "config-id", renderQuickInstance(lines));
    for (const [id, priority, delay] of [
      ["one", 111, 7],
      ["two", 122, 0],
    ] as const) {
      const program = startHoldfast(host, [...foreground, "-i", id]);
      await lab.waitForHolders(floatingAddress, [host]);
      host.remove(jsonDump);
      program.signal(jsonSignal);
      const text = await waitForFile(host, jsonDump);
      const [{ data }] = JSON.parse(text);
      assert.deepEqual([data.base_priority, data.preempt_delay], [priority, delay]);
      assert.equal((await program.stop()).code, 0);
    }
  });
});
