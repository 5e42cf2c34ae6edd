// Runs pair B, an ordinary configuration, unchanged on two hosts: its check stops the daemon unless nginx runs.

import assert from "node:assert/strict";
import { readlinkSync, symlinkSync } from "node:fs";
import { describe } from "node:test";
import { startTcpdump } from "../../lab/capture.ts";
import { until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import type { Lab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import { pairBAddress as address, renderPairB } from "../../lab/pair-configs.ts";
import type { Program } from "../../lab/program.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import { assertInOrder, launcher, openLab, startHoldfast, waitForFile } from "./daemons.ts";

const mailLog = "/run/mail.log";

const nginxCheck = `#!/bin/bash
if [ -z "$(pidof nginx)" ]; then
    kill "$(cat /run/keepalived.pid)"
fi
`;

const mailScript = `#!/bin/bash
echo "$(id -un):$(id -gn) $*" >> ${mailLog}
`;

/** Keeps all files below /run, away from the machine's own. */
const nginxConfig = `pid /run/nginx.pid;
error_log /run/nginx-error.log;
events {}
http {
    access_log off;
    client_body_temp_path /run/nginx-body;
    proxy_temp_path /run/nginx-proxy;
    fastcgi_temp_path /run/nginx-fastcgi;
    uwsgi_temp_path /run/nginx-uwsgi;
    scgi_temp_path /run/nginx-scgi;
    server { listen 80; }
}
`;

async function startNginx(host: Host): Promise<Program> {
  host.write("/run/nginx.conf", nginxConfig);
  const words = ["-e", "/run/nginx-error.log", "-c", "/run/nginx.conf", "-g", "daemon off;"];
  const nginx = host.spawn(["nginx", ...words]);
  await until("nginx", async () => {
    const { code } = await host.run(["pidof", "nginx"], { mayFail: true });
    return code === 0 ? true : undefined;
  });
  return nginx;
}

interface PairB {
  readonly lab: Lab;
  readonly first: Host;
  readonly second: Host;
}

async function makePair(t: TimedTest, name: string, notifyLines?: string): Promise<PairB> {
  const lab = await openLab(t, name);
  const network = await lab.addSwitch();
  const [first, second] = await Promise.all(
    (["MASTER", "BACKUP"] as const).map(async (state, index) => {
      const host = await lab.addHost(`node${index + 1}`);
      await host.connect(network, {
        interface: "enp0s3",
        address: `192.168.0.${index + 1}/24`,
      });
      host.write(
        configPath,
        renderPairB({ state, priority: state === "MASTER" ? 100 : 80, notifyLines }),
      );
      host.write("/etc/keepalived/nginx_check.sh", nginxCheck, 0o755);
      host.write("/etc/keepalived/mail_send.sh", mailScript, 0o755);
      host.write("/etc/keepalived/mail_send_master.sh", mailScript, 0o755);
      return host;
    }),
  );
  assert.ok(first !== undefined && second !== undefined);
  return { lab, first, second };
}

/** Creates a link named keepalived to the launcher, as users do. */
function linkAsKeepalived(host: Host): string {
  host.write("/run/bin/.keep", "");
  symlinkSync(launcher, host.path("/run/bin/keepalived"));
  return "/run/bin/keepalived";
}

function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return ""; // It has just exited.
  }
}

/** The names of the daemon's own processes, without its scripts. */
function daemonNames(program: Program): string[] {
  const own = program.processes().filter(({ pid }) => programOf(pid).endsWith("/node"));
  // The script spawner keeps Node's name, so that killall does not match it.
  return own.map(({ comm }) => comm).filter((name) => name === "keepalived");
}

describe("pair B", { concurrency: 3 }, () => {
  test("the daemon stops with nginx, and the other node takes over", async (t) => {
    const { lab, first, second } = await makePair(t, "pair-b");
    const packets = await startTcpdump(second, { interface: "enp0s3" });
    const nginx = await startNginx(first);
    await startNginx(second);
    const high = startHoldfast(first);
    await lab.waitForHolders(address, [first]);
    const low = startHoldfast(second);
    await low.waitForLine(/Entering BACKUP STATE/);
    await packets.waitForLine(
      /192\.168\.0\.1 > 224\.0\.0\.18: VRRPv2, Advertisement, vrid 99, prio 100, authtype simple, intvl 1s, length 20$/,
    );
    const settled = packets.lines.length;
    await until("three adverts", () => (packets.lines.length >= settled + 3 ? true : undefined));
    for (const { text } of packets.lines.slice(settled)) assert.match(text, / 192\.168\.0\.1 > /);

    await nginx.stop();
    await high.waitForLine(/Stopping$/);
    await lab.waitForHolders(address, [second]);
    assert.equal((await high.ended).code, 0);

    const [before, after] = lab.holdings(address);
    assert.ok(before?.to !== undefined && after !== undefined);
    const gapMillis = after.from - before.to;
    t.diagnostic(`taken over ${gapMillis.toFixed(0)} ms after the daemon stopped`);
    // The skew time at priority 80 is 688 ms; without the resignation three seconds are added.
    assert.ok(gapMillis > 0 && gapMillis < 3_000, `${gapMillis} ms`);
    await assertInOrder(low, [
      /\(VI_1\) Backup received priority 0 advertisement/,
      /\(VI_1\) Entering MASTER STATE/,
    ]);
    await waitForFile(second, mailLog, (text) => text.split("\n").length > 2);
    assert.equal(second.read(mailLog), "root:root backup\nroot:root master\n");
  });

  test("a notify script may be followed by a user and a group", async (t) => {
    const line = "    notify_master /etc/keepalived/mail_send_master.sh root root\n";
    const { lab, first } = await makePair(t, "pair-b-user", line);
    // Create the default user, so that the given one makes a difference.
    for (const file of ["passwd", "group"]) {
      const rest = file === "passwd" ? "64112:64112::/:/bin/false" : "64112:";
      first.write(`/etc/${file}`, `${first.read(`/etc/${file}`)}keepalived_script:x:${rest}\n`);
    }
    await startNginx(first);
    startHoldfast(first);
    await lab.waitForHolders(address, [first]);
    await waitForFile(first, mailLog, (text) => text === "root:root \n");
  });

  test("killall keepalived stops a daemon started by a link of that name", async (t) => {
    const { lab, first } = await makePair(t, "pair-b-killall");
    await startNginx(first);
    const link = linkAsKeepalived(first);
    const program = first.spawn([link, "-n", "-l", "-D", "-f", configPath]);
    await program.waitForLine(/Startup complete/);
    assert.match(program.text(), /Command line: '\S+\/keepalived' /);
    await lab.waitForHolders(address, [first]);
    // Between fork and exec a script briefly has the daemon's name.
    await until("two processes of that name", () =>
      daemonNames(program).join() === "keepalived,keepalived" ? true : undefined,
    );

    await first.run(["killall", "keepalived"]);
    assert.equal((await program.ended).code, 0);
    await lab.waitForHolders(address, []);
    await assertInOrder(program, [/^\(VI_1\) sent 0 priority$/, /^Stopped Keepalived/]);
  });
});
