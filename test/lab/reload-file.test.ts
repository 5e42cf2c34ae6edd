// Starts and reloads with unusable files are refused with a reason; a running daemon keeps working meanwhile.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, symlinkSync, truncateSync } from "node:fs";
import { describe } from "node:test";
import { until } from "../../lab/clock.ts";
import type { RunResult } from "../../lab/command.ts";
import type { Host } from "../../lab/host.ts";
import { configPath } from "../../lab/pair-a.ts";
import { send } from "../../lab/processes.ts";
import type { Program } from "../../lab/program.ts";
import { repeatLines } from "../support/repeat-lines.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  assertNotLogged,
  buildSingleNode,
  floatingAddress,
  jsonDump,
  jsonSignal,
  launcher,
  renderQuickInstance,
  type SingleNode,
  signalAndWait,
  startHoldfast,
  transition,
} from "./daemons.ts";
import { waitForChild } from "./fencing-pair.ts";

/** The time limit for reading, plus the start of Node on a busy machine. */
const LONGEST_REFUSAL_MILLIS = 60_000;
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

const fill = (line: (index: number) => string): string => repeatLines(FILE_OCTETS, line);

const logText = (index: number): string =>
  `Nov 27 10:00:00 host daemon[${index}]: connection from 10.0.0.${index % 256} "closed" {n=${index}}\n`;

/** Valid, but slow to read. */
const comments = fill(() => `#${"x".repeat(1000)}\n`);

const manyPeers = `unicast_peer {
${Array.from({ length: 100_000 }, (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}\n`).join("")}}
virtual_ipaddress`;

function link(host: Host, target: string): void {
  host.remove(configPath);
  symlinkSync(target, host.path(configPath));
}

interface BadFile {
  readonly name: string;
  /** Replaces the configuration. */
  readonly put: (host: Host) => void;
  readonly problem: RegExp;
  /** The exit status of `-t`: 6 if the scripts of `good` are resolved, without script security. */
  readonly testStatus: number;
}

const badFiles: readonly BadFile[] = [
  {
    name: "log text behind the configuration",
    put: (host) => host.write(configPath, good + fill(logText)),
    problem: /more than 400000 words/,
    testStatus: 5,
  },
  {
    name: "words like keywords",
    put: (host) =>
      host.write(
        configPath,
        fill((index) => `virtual_ipadress${index}\n`),
      ),
    problem: /more than 500000 lines/,
    testStatus: 5,
  },
  {
    name: "blanks within lines",
    put: (host) =>
      host.write(
        configPath,
        fill(() => `x${" ".repeat(1000)}y\n`),
      ),
    problem: /more than 1000 problems/,
    testStatus: 5,
  },
  {
    name: "a sparse file",
    put: (host) => {
      host.write(configPath, good);
      truncateSync(host.path(configPath), 1_900_000_000);
    },
    problem: /more than 16777216 octets/,
    testStatus: 5,
  },
  {
    name: "files of 16 MiB that are included",
    put: (host) => {
      host.write("/etc/keepalived/big1.conf", "#".repeat(16 * MIB - 1000));
      host.write("/etc/keepalived/big2.conf", "#".repeat(16 * MIB - 1000));
      host.write(configPath, `${good}include big*.conf\n`);
    },
    problem: /big2.conf: fatal: there are more than 16777216 octets/,
    testStatus: 5,
  },
  {
    name: "a file of the kernel",
    put: (host) => link(host, "/proc/kmsg"),
    problem: /cannot be read: a file of the kernel/,
    testStatus: 0,
  },
  {
    name: "a device without end",
    put: (host) => link(host, "/dev/zero"),
    problem: /cannot be read: not a regular file/,
    testStatus: 0,
  },
  {
    name: "a folder",
    put: (host) => link(host, "/etc/keepalived"),
    problem: /cannot be read: a directory/,
    testStatus: 0,
  },
  {
    name: "an instance that is too large",
    put: (host) => host.write(configPath, good.replace("virtual_ipaddress", manyPeers)),
    problem: /fatal: vrrp_instance VI_1: it is larger than 1 MiB once it is read/,
    testStatus: 6,
  },
  {
    name: "an included file whose name contains a new line",
    put: (host) => {
      host.write("/etc/keepalived/odd\nname.conf", "");
      host.write(configPath, `${good}include odd*.conf\n`);
    },
    problem: /fatal: '.*odd\.name\.conf' cannot be used: its name contains a new line/,
    testStatus: 6,
  },
  {
    name: "a file that includes itself",
    put: (host) => host.write(configPath, `${good}include keepalived.conf\n`.repeat(3)),
    problem: /nested more than 16 deep/,
    testStatus: 5,
  },
];

/** Without a writer, opening it would block. */
const fifo: BadFile = {
  name: "a FIFO",
  put: (host) => {
    spawnSync("mkfifo", [host.path(configPath)]);
  },
  problem: /cannot be read: not a regular file/,
  testStatus: 0,
};

/** The configuration reader of `parent` and its /proc status. */
function findReader(
  parent: Program,
): { readonly pid: number; readonly status: string } | undefined {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      if (command.includes("config-reader") && status.includes(`\nPPid:\t${parent.pid}\n`))
        return { pid: Number(pid), status };
    } catch {
      // It has exited.
    }
  }
  return undefined;
}

/** Samples the peak memory of the configuration reader of `parent`, in KiB, until the result is called. */
function watchReader(parent: Program): () => number {
  let most = 0;
  const look = (): void => {
    const status = findReader(parent)?.status ?? "";
    most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  };
  const timer = setInterval(look, 20);
  return () => {
    clearInterval(timer);
    return most;
  };
}

const runs = (host: Host): number => host.read(runsLog).split("\n").length;

/** How long the daemon takes to dump its state, in milliseconds. */
async function dumpMillis(host: Host, program: Program): Promise<number> {
  host.remove(jsonDump);
  const from = performance.now();
  program.signal(jsonSignal);
  await until("the dump", () => (existsSync(host.path(jsonDump)) ? true : undefined));
  return performance.now() - from;
}

/** Starts a daemon with `config`, whose check succeeds, and waits until it is MASTER. */
async function startMaster(
  t: TimedTest,
  name: string,
  config: string = good,
): Promise<SingleNode & { program: Program }> {
  const node = await buildSingleNode(t, name, config, { scripts: { "check.sh": "#!/bin/sh\n" } });
  const program = startHoldfast(node.host);
  await node.lab.waitForHolders(floatingAddress, [node.host]);
  // The line follows the address.
  await program.waitForLine(/\(VI_1\) Entering MASTER/);
  return { ...node, program };
}

describe("a reload with an unusable file", { concurrency: 2 }, () => {
  test("is refused, while the MASTER runs its scripts and responds to signals", async (t) => {
    const { host, lab } = await buildSingleNode(t, "reload-file", good, {
      scripts: { "check.sh": `#!/bin/sh\necho run >> ${runsLog}\n` },
      openFiles: [runsLog],
    });
    const program = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    const since = program.lines.length;
    for (const { name, put, problem } of badFiles) {
      const ran = runs(host);
      const from = program.lines.length;
      put(host);
      const stopWatch = watchReader(program);
      const began = performance.now();
      const refused = signalAndWait(program, "SIGHUP", /Reload refused/);
      await program.waitForLine(/Reloading/, undefined, from);
      const dumped = await dumpMillis(host, program);
      await refused;
      const took = performance.now() - began;
      const kibibytes = stopWatch();
      t.diagnostic(
        `${name}: ${took.toFixed(0)} ms, ${kibibytes} KiB, dump after ${dumped.toFixed(0)} ms`,
      );
      await program.waitForLine(problem, undefined, from);
      assert.ok(kibibytes < 300 * 1024, `${name}: ${kibibytes} KiB`);
      await until("another run", () => (runs(host) > ran + 1 ? true : undefined));
      host.remove(configPath);
      assert.deepEqual(lab.holders(floatingAddress), ["node"], name);
    }
    assertNotLogged(program, transition, since);
    assertNotLogged(program, /timed out|died|killing/, since);
    host.write(configPath, good);
    await signalAndWait(program, "SIGHUP", /Reload complete/);
  });

  test("does not delay the replacement of a killed vrrp process", async (t) => {
    // With peers that wait for three seconds there is time to resume.
    const slow = good.replace("advert_int 0.1", "advert_int 1");
    const { host, lab, program } = await startMaster(t, "reload-file-killed", slow);
    for (const [config, answer] of [
      [`${slow.replace("version 3", "version 3\n    priority 90")}${comments}`, /Reload complete/],
      [slow + fill(logText), /Reload refused/],
    ] as const) {
      const since = program.lines.length;
      host.write(configPath, config);
      assert.ok(program.signal("SIGHUP"));
      const reader = await until("the reader", () => findReader(program)?.pid);
      send(reader, "SIGSTOP");
      const child = await waitForChild(program);
      send(child.pid, "SIGKILL");
      const resumed = /\(VI_1\) still MASTER: resumed after the last process was killed/;
      await program.waitForLine(resumed, undefined, since);
      await waitForChild(program, child.pid);
      assertNotLogged(program, answer, since);
      assert.deepEqual(lab.holders(floatingAddress), ["node"]);
      send(reader, "SIGCONT");
      await program.waitForLine(answer, undefined, since);
      assertNotLogged(program, transition, since);
    }
    assert.equal((await program.stop()).code, 0);
  });

  test("does not delay a stop or continue after it", async (t) => {
    const { host, program } = await startMaster(t, "reload-file-stop");
    host.write(configPath, good + fill(logText));
    await signalAndWait(program, "SIGHUP", /Reloading/);
    await program.stop();
    assert.equal((await program.ended).code, 0);
    assertNotLogged(program, /refused/);
    assert.match(program.text(), /Stopped Keepalived/);
  });

  test("accepts many instances", async (t) => {
    const { host, program } = await startMaster(t, "reload-file-large");
    const since = program.lines.length;
    const more = Array.from({ length: 500 }, (_, index) => {
      const address = `10.88.${index >> 8}.${index & 255}`;
      return `vrrp_instance M${index} {\n    state BACKUP\n    interface eth0\n    virtual_router_id 7\n    priority 100\n    unicast_peer {\n        ${address}\n    }\n    virtual_ipaddress {\n        10.99.${index >> 8}.${index & 255}/32\n    }\n}\n`;
    });
    host.write(configPath, good + more.join(""));
    const stopWatch = watchReader(program);
    await signalAndWait(program, "SIGHUP", /Reload complete/);
    t.diagnostic(`500 instances: ${stopWatch()} KiB`);
    assertNotLogged(program, /\(VI_1\) Entering/, since);
  });

  test("accepts a list of global_defs that is larger than a block may be", async (t) => {
    const { host, lab, program } = await startMaster(t, "reload-file-list");
    const since = program.lines.length;
    const recipients = Array.from({ length: 80_000 }, (_, index) => `user${index}@host.example\n`);
    const list = `global_defs {\n    notification_email {\n${recipients.join("")}    }\n}\n`;
    assert.ok(list.length > MIB);
    host.write(configPath, list + good);
    await signalAndWait(program, "SIGHUP", /Reload complete/);
    await program.waitForLine(/Reload: global_defs changes: notification_email$/, undefined, since);
    assertNotLogged(program, /\(VI_1\) Entering|died/, since);
    assert.equal((await program.stop()).code, 0);
    const next = startHoldfast(host);
    await lab.waitForHolders(floatingAddress, [host]);
    assert.equal((await next.stop()).code, 0);
  });
});

describe("a start or -t with an unusable file", () => {
  test("is refused with a reason and keepalived's exit status", async (t) => {
    const { host, lab } = await buildSingleNode(t, "start-file", good, {
      scripts: { "check.sh": "#!/bin/sh\n" },
    });
    const start = async (words: readonly string[]): Promise<RunResult & { took: number }> => {
      const from = performance.now();
      const argv = [process.execPath, launcher, ...words, "-f", configPath];
      const result = await host.run(argv, { mayFail: true });
      return { ...result, took: performance.now() - from };
    };
    for (const { name, put, problem, testStatus } of [...badFiles, fifo]) {
      put(host);
      const tested = await start(["-t"]);
      const started = await start(["-n", "-l"]);
      host.remove(configPath);
      t.diagnostic(`${name}: ${tested.took.toFixed(0)} ms, start ${started.took.toFixed(0)} ms`);
      assert.match(tested.stderr, problem, name);
      assert.match(started.stderr + started.stdout, problem, name);
      assert.deepEqual([tested.code, started.code], [testStatus, 2], name);
      assert.ok(Math.max(tested.took, started.took) < LONGEST_REFUSAL_MILLIS, name);
    }
    assert.deepEqual(lab.holders(floatingAddress), []);
  });
});
