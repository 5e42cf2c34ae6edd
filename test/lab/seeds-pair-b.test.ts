// Pair B, nodes that carry an nginx: the check ends the daemon where no nginx runs. As it stands, on two hosts.

import assert from "node:assert/strict";
import { readlinkSync, symlinkSync } from "node:fs";
import { describe } from "node:test";
import { startTcpdump } from "../../lab/capture.ts";
import { until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import { createLab, type Lab } from "../../lab/lab.ts";
import { configPath } from "../../lab/pair-a.ts";
import { pairBAddress as address, renderPairB } from "../../lab/pair-configs.ts";
import type { Program } from "../../lab/program.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import { assertInOrder, launcher, startHoldfast, waitForFile } from "./daemons.ts";

const mailLog = "/run/mail.log";

const nginxCheck = `#!/bin/bash
if [ -z "$(pidof nginx)" ]; then
    kill "$(cat /run/keepalived.pid)"
fi
`;

const mailScript = `#!/bin/bash
echo "$(id -un):$(id -gn) $*" >> ${mailLog}
`;

/** Nothing of it touches the machine's own files: everything is below /run. */
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
  const lab = await createLab({ name });
  t.after(() => lab.close());
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

/** A link named keepalived, as people put one into their path. */
function linkAsKeepalived(host: Host): string {
  host.write("/run/bin/.keep", "");
  symlinkSync(launcher, host.path("/run/bin/keepalived"));
  return "/run/bin/keepalived";
}

function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return ""; // A script that has just ended.
  }
}

/** How the processes of the daemon itself are called, without its scripts. */
function daemonNames(program: Program): string[] {
  const own = program.processes().filter(({ pid }) => programOf(pid).endsWith("/node"));
  // What starts the scripts keeps Node's name, so that nothing finds it by the daemon's.
  return own.map(({ comm }) => comm).filter((name) => name === "keepalived");
}

describe("pair B", { concurrency: 3 }, () => {
  test("a node whose nginx is gone ends its daemon, and the other takes over", async (t) => {
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
    t.diagnostic(`taken over ${gapMillis.toFixed(0)} ms after the daemon's end`);
    // A skew of priority 80 is 688 ms; without the resignation it would be three seconds more.
    assert.ok(gapMillis > 0 && gapMillis < 3_000, `${gapMillis} ms`);
    await assertInOrder(low, [
      /\(VI_1\) Backup received priority 0 advertisement/,
      /\(VI_1\) Entering MASTER STATE/,
    ]);
    await waitForFile(second, mailLog, (text) => text.split("\n").length > 2);
    assert.equal(second.read(mailLog), "root:root backup\nroot:root master\n");
  });

  test("a notify script may name a user and a group after it", async (t) => {
    const line = "    notify_master /etc/keepalived/mail_send_master.sh root root\n";
    const { lab, first } = await makePair(t, "pair-b-user", line);
    // The default user, against which the line's own words show.
    for (const file of ["passwd", "group"]) {
      const rest = file === "passwd" ? "64112:64112::/:/bin/false" : "64112:";
      first.write(`/etc/${file}`, `${first.read(`/etc/${file}`)}keepalived_script:x:${rest}\n`);
    }
    await startNginx(first);
    startHoldfast(first);
    await lab.waitForHolders(address, [first]);
    await waitForFile(first, mailLog, (text) => text === "root:root \n");
  });

  test("started by a link named keepalived it is what killall keepalived ends", async (t) => {
    const { lab, first } = await makePair(t, "pair-b-killall");
    await startNginx(first);
    const link = linkAsKeepalived(first);
    const program = first.spawn([link, "-n", "-l", "-D", "-f", configPath]);
    await program.waitForLine(/Startup complete/);
    assert.match(program.text(), /Command line: '\S+\/keepalived' /);
    await lab.waitForHolders(address, [first]);
    // A script that is about to begin looks for an instant as if it were of the daemon.
    await until("two processes of that name", () =>
      daemonNames(program).join() === "keepalived,keepalived" ? true : undefined,
    );

    await first.run(["killall", "keepalived"]);
    assert.equal((await program.ended).code, 0);
    await lab.waitForHolders(address, []);
    await assertInOrder(program, [/^\(VI_1\) sent 0 priority$/, /^Stopped Keepalived/]);
  });
});
