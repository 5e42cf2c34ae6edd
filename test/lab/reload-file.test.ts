// Reloads whose file is no configuration: refused with a reason, while everything else goes on.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, symlinkSync, truncateSync } from "node:fs";
import { describe } from "node:test";
import { until } from "../../lab/clock.ts";
import type { Host } from "../../lab/host.ts";
import { configPath } from "../../lab/pair-a.ts";
import type { Program } from "../../lab/program.ts";
import { test } from "../support/timed-test.ts";
import {
  assertSilent,
  buildSingleNode,
  floatingAddress,
  renderQuickInstance,
  signalAndWait,
  startHoldfast,
  transition,
} from "./daemons.ts";

const MIB = 1024 * 1024;
const FILE_OCTETS = Math.floor(15.9 * MIB);
const runsLog = "/run/check.log";

const good = `vrrp_script check {
    script /etc/keepalived/check.sh
    interval 1
    timeout 2
    fall 1
}
${renderQuickInstance(["track_script {", "check", "}"])}`;

function fill(line: (index: number) => string): string {
  const lines: string[] = [];
  for (let octets = 0, index = 0; octets < FILE_OCTETS; index++) {
    const next = line(index);
    lines.push(next);
    octets += next.length;
  }
  return lines.join("").slice(0, FILE_OCTETS);
}

const logText = (index: number): string =>
  `Nov 27 10:00:00 host daemon[${index}]: connection from 10.0.0.${index % 256} "closed" {n=${index}}\n`;

function link(host: Host, target: string): void {
  host.remove(configPath);
  symlinkSync(target, host.path(configPath));
}

interface BadFile {
  readonly name: string;
  /** Puts it in the place of the configuration. */
  readonly put: (host: Host) => void;
  readonly says: RegExp;
}

const badFiles: readonly BadFile[] = [
  {
    name: "log text behind the configuration",
    put: (host) => host.write(configPath, good + fill(logText)),
    says: /more than 400000 words/,
  },
  {
    name: "words like keywords",
    put: (host) =>
      host.write(
        configPath,
        fill((index) => `virtual_ipadress${index}\n`),
      ),
    says: /more than 500000 lines/,
  },
  {
    name: "blanks within lines",
    put: (host) =>
      host.write(
        configPath,
        fill(() => `x${" ".repeat(1000)}y\n`),
      ),
    says: /too many problems/,
  },
  {
    name: "a sparse file",
    put: (host) => {
      host.write(configPath, good);
      truncateSync(host.path(configPath), 1_900_000_000);
    },
    says: /more than 16777216 octets/,
  },
  {
    name: "files of 16 MiB that are included",
    put: (host) => {
      host.write("/etc/keepalived/big1.conf", "#".repeat(16 * MIB - 1000));
      host.write("/etc/keepalived/big2.conf", "#".repeat(16 * MIB - 1000));
      host.write(configPath, `${good}include big*.conf\n`);
    },
    says: /big2.conf: fatal: more than 16777216 octets/,
  },
  {
    name: "a file of the kernel",
    put: (host) => link(host, "/proc/kmsg"),
    says: /can't be read: a file of the kernel/,
  },
  {
    name: "a device without end",
    put: (host) => link(host, "/dev/zero"),
    says: /can't be read: not a regular file/,
  },
  {
    name: "a folder",
    put: (host) => link(host, "/etc/keepalived"),
    says: /can't be read: a directory/,
  },
  {
    name: "a file that includes itself",
    put: (host) => host.write(configPath, `${good}include keepalived.conf\n`.repeat(3)),
    says: /deeper than 16 times/,
  },
];

/** The most memory that a process which reads for `parent` was seen to have had, in KiB. */
function watchReader(parent: Program): () => number {
  let most = 0;
  const look = (): void => {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        const status = readFileSync(`/proc/${pid}/status`, "utf8");
        if (!command.includes("config-reader") || !status.includes(`\nPPid:\t${parent.pid}\n`))
          continue;
        most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
      } catch {
        // It has ended.
      }
    }
  };
  const timer = setInterval(look, 20);
  return () => {
    clearInterval(timer);
    return most;
  };
}

const runs = (host: Host): number => host.read(runsLog).split("\n").length;

/** How long the node takes to write its state when asked by a signal, in milliseconds. */
async function answerMillis(host: Host, program: Program): Promise<number> {
  const jsonSignal = 36;
  host.remove("/tmp/keepalived.json");
  const from = performance.now();
  program.signal(jsonSignal);
  await until("the state", () =>
    existsSync(host.path("/tmp/keepalived.json")) ? true : undefined,
  );
  return performance.now() - from;
}

describe("a reload of a bad file", { concurrency: 2 }, () => {
  test("is refused, and the master stays, runs its scripts and answers meanwhile", async (t) => {
    const { host, lab } = await buildSingleNode(t, "reload-file", good, {
      scripts: { "check.sh": `#!/bin/sh\necho run >> ${runsLog}\n` },
      openFiles: [runsLog],
    });
    const program = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    const since = program.lines.length;
    for (const { name, put, says } of badFiles) {
      const ran = runs(host);
      const from = program.lines.length;
      put(host);
      const stopWatch = watchReader(program);
      const began = performance.now();
      const refused = signalAndWait(program, "SIGHUP", /Reload refused/);
      await program.waitForLine(/Reloading/, undefined, from);
      const answered = await answerMillis(host, program);
      await refused;
      const took = performance.now() - began;
      const kibibytes = stopWatch();
      t.diagnostic(
        `${name}: ${took.toFixed(0)} ms, ${kibibytes} KiB, answer after ${answered.toFixed(0)} ms`,
      );
      await program.waitForLine(says, undefined, from);
      assert.ok(kibibytes < 300 * 1024, `${name}: ${kibibytes} KiB`);
      await until("another run", () => (runs(host) > ran + 1 ? true : undefined));
      host.remove(configPath);
      assert.deepEqual(lab.holders(floatingAddress), ["node"], name);
    }
    assertSilent(program, transition, since);
    assertSilent(program, /timed out|died|killing/, since);
    host.write(configPath, good);
    await signalAndWait(program, "SIGHUP", /Reload complete/);
  });

  test("does not delay a stop, nor outlives it", async (t) => {
    const { host, lab } = await buildSingleNode(t, "reload-file-stop", good, {
      scripts: { "check.sh": "#!/bin/sh\n" },
    });
    const program = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    host.write(configPath, good + fill(logText));
    await signalAndWait(program, "SIGHUP", /Reloading/);
    await program.stop();
    assert.equal((await program.ended).code, 0);
    assertSilent(program, /refused/);
    assert.match(program.text(), /Stopped Keepalived/);
  });

  test("of many instances is taken", async (t) => {
    const { host, lab } = await buildSingleNode(t, "reload-file-large", good, {
      scripts: { "check.sh": "#!/bin/sh\n" },
    });
    const program = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    const since = program.lines.length;
    const more = Array.from({ length: 500 }, (_, index) => {
      const address = `10.88.${index >> 8}.${index & 255}`;
      return `vrrp_instance M${index} {\n    state BACKUP\n    interface eth0\n    virtual_router_id 7\n    priority 100\n    unicast_peer {\n        ${address}\n    }\n    virtual_ipaddress {\n        10.99.${index >> 8}.${index & 255}/32\n    }\n}\n`;
    });
    host.write(configPath, good + more.join(""));
    const stopWatch = watchReader(program);
    await signalAndWait(program, "SIGHUP", /Reload complete/);
    t.diagnostic(`500 instances: ${stopWatch()} KiB`);
    assertSilent(program, /\(VI_1\) Entering/, since);
  });
});
