import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mock, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { test as timedTest } from "../../test/support/timed-test.ts";
import { defined } from "../lib/assert.ts";
import type { LogLevel } from "../lib/log.ts";
import { MILLISECOND, SECOND } from "../lib/micros.ts";
import {
  createScriptRunner,
  type ScriptEnd,
  type ScriptRunner,
} from "../os/script/child-process.ts";
import type { NotificationPlan } from "./notifications.ts";
import { createNotificationQueue, type NotificationQueueOptions } from "./queue.ts";

const folder = temporaryFolder("queue");

interface Lines {
  readonly loud: string[];
  readonly detail: string[];
}

function setUp(options: Partial<NotificationQueueOptions> = {}) {
  const lines: Lines = { loud: [], detail: [] };
  const queue = createNotificationQueue({
    runner: createScriptRunner(),
    log: (level: LogLevel, text) => lines.loud.push(`${level}: ${text}`),
    logDetail: (level: LogLevel, text) => lines.detail.push(`${level}: ${text}`),
    ...options,
  });
  return { queue, lines };
}

function plan(
  instance: string,
  state: string,
  argvs: readonly (readonly string[])[],
  topic: NotificationPlan["topic"] = "state",
): NotificationPlan {
  const who = {
    uid: process.geteuid?.() ?? 0,
    gid: process.getegid?.() ?? 0,
    supplementaryGroups: process.getgroups?.() ?? [],
    refusal: undefined,
  };
  const scripts = argvs.map((argv) => ({
    keyword: `notify_${state.toLowerCase()}`,
    command: { text: argv.join(" "), argv, ...who },
    extraArguments: [],
  }));
  return { instance, state, topic, scripts, fifoLine: "" };
}

/** A script that sleeps, then appends its arguments to a file. */
function slowScript(name: string, seconds: number): { path: string; loggedArguments(): string[] } {
  const path = join(folder, name);
  const log = `${path}.log`;
  writeFileSync(path, `#!/bin/sh\nsleep ${seconds}\necho "$@" >> ${log}\n`);
  chmodSync(path, 0o755);
  return {
    path,
    loggedArguments: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []),
  };
}

/** A runner whose scripts end when the test calls `end`. */
function createHeldRunner(): {
  readonly runner: Pick<ScriptRunner, "startScript">;
  readonly started: string[];
  end(outcome?: ScriptEnd["outcome"]): void;
  readonly terminated: string[];
  isHeld(): boolean;
} {
  const started: string[] = [];
  const terminated: string[] = [];
  const held: ((end: ScriptEnd) => void)[] = [];
  return {
    started,
    terminated,
    runner: {
      startScript: (command, _request, onEnd) => {
        started.push(command.text);
        held.push(onEnd);
        return {
          pid: 1,
          isGone: () => false,
          terminate: () => terminated.push(command.text),
          end: () => Promise.resolve(),
        };
      },
    },
    isHeld: () => held.length > 0,
    end: (outcome = { kind: "exited", status: 0 }) => {
      const onEnd = defined(held.shift(), "a running script");
      onEnd({ outcome, durationMicros: 1_234_567, output: Buffer.alloc(0) });
    },
  };
}

test("scripts of one instance run in order, even slow ones", async () => {
  const { queue } = setUp();
  const slow = slowScript("slow", 0.15);
  const fast = slowScript("fast", 0);
  const log = `${slow.path}.log`;
  writeFileSync(fast.path, `#!/bin/sh\necho "$@" >> ${log}\n`);
  queue.add(
    plan("A", "MASTER", [
      [slow.path, "master"],
      [fast.path, "any-master"],
    ]),
  );
  queue.add(
    plan("A", "BACKUP", [
      [fast.path, "backup"],
      [slow.path, "any-backup"],
    ]),
  );
  queue.add(plan("A", "FAULT", [[fast.path, "fault"]]));
  assert.equal(queue.waiting(), 3);
  while (queue.waiting() > 0) await delay(5);
  assert.deepEqual(slow.loggedArguments(), [
    "master",
    "any-master",
    "backup",
    "any-backup",
    "fault",
  ]);
});

test("instances do not wait for each other", async () => {
  const runner = createScriptRunner();
  const { queue } = setUp({ runner });
  const slow = slowScript("slow-a", 30);
  const fast = slowScript("fast-b", 0);
  queue.add(plan("A", "MASTER", [[slow.path]]));
  queue.add(plan("B", "MASTER", [[fast.path, "b"]]));
  while (queue.waiting() > 1) await delay(5);
  assert.deepEqual(fast.loggedArguments(), ["b"]);
  runner.killAll("SIGKILL");
  while (queue.waiting() > 0) await delay(5);
});

test("with very many instances, scripts beyond the limit run later, and none is dropped", () => {
  const held = createHeldRunner();
  const { queue, lines } = setUp({ runner: held.runner, maxRunning: 2 });
  for (const name of ["A", "B", "C", "D"]) {
    queue.add(plan(name, "MASTER", [[`${name}1`], [`${name}2`]]));
  }
  assert.deepEqual(held.started, ["A1", "B1"]);
  const order = [...held.started];
  while (queue.waiting() > 0) {
    held.end();
    order.push(...held.started.slice(order.length));
  }
  assert.deepEqual([...order].sort(), ["A1", "A2", "B1", "B2", "C1", "C2", "D1", "D2"]);
  for (const name of ["A", "B", "C", "D"]) {
    assert.ok(order.indexOf(`${name}1`) < order.indexOf(`${name}2`));
  }
  assert.ok(order.indexOf("D1") < order.indexOf("B2"), "who waits longest comes first");
  assert.deepEqual(lines.loud, []);
});

test("only a few scripts start in each turn of the loop", async () => {
  const held = createHeldRunner();
  const { queue } = setUp({ runner: held.runner });
  for (let index = 0; index < 100; index++) {
    queue.add(plan(`I${index}`, "BACKUP", [["backup"]]));
    queue.add(plan(`I${index}`, "MASTER", [["master"]]));
  }
  let before = 0;
  for (let turn = 0; turn < 1_000 && held.started.length < 200; turn++) {
    const begun = held.started.length;
    for (let ended = before; ended < begun; ended++) held.end();
    before = begun;
    assert.ok(held.started.length - begun <= 8, `${held.started.length - begun} more at once`);
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(held.started.length - begun <= 16, `${held.started.length - begun} more in a turn`);
  }
  assert.equal(held.started.filter((text) => text === "master").length, 100);
  for (let ended = before; ended < 200; ended++) held.end();
  assert.equal(queue.waiting(), 0);
});

test("exit status, signal, refusal and duration are logged, failures as warnings", () => {
  const held = createHeldRunner();
  const { queue, lines } = setUp({ runner: held.runner });
  queue.add(plan("A", "MASTER", [["/x", "1"]]));
  held.end();
  assert.deepEqual(lines.detail, [
    "info: (A) notify_master script /x 1 for MASTER: starting",
    "info: (A) notify_master script /x 1 for MASTER exited with status 0 after 1.235 s",
  ]);
  for (const [outcome, words] of [
    [{ kind: "exited", status: 3 }, "exited with status 3 after 1.235 s"],
    [{ kind: "signalled", signal: 15 }, "was ended by signal 15 after 1.235 s"],
    [{ kind: "timedOut" }, "timed out after 1.235 s"],
    [{ kind: "notStarted", reason: "no such file" }, "was not run: no such file"],
  ] as const) {
    queue.add(plan("A", "BACKUP", [["/x"]]));
    held.end(outcome);
    assert.equal(lines.loud.at(-1), `warning: (A) notify_backup script /x for BACKUP ${words}`);
  }
  assert.equal(queue.waiting(), 0);
});

test("if too many wait, the oldest notifications are dropped, but never the newest of a topic", () => {
  const held = createHeldRunner();
  const { queue, lines } = setUp({ runner: held.runner, maxWaiting: 4 });
  queue.add(plan("A", "MASTER", [["first"]]));
  queue.add(plan("A", "MASTER_RX_LOWER_PRI", [["rx"]], "rxLowerPri"));
  for (let count = 1; count <= 10; count++) {
    queue.add(plan("A", count % 2 === 1 ? "BACKUP" : "MASTER", [[`state-${count}`]]));
  }
  assert.equal(queue.waiting(), 5);
  assert.equal(lines.loud.length, 7);
  assert.match(lines.loud[0] ?? "", /^warning: \(A\) .* too slow: BACKUP is dropped$/);
  for (let count = 0; count < 5; count++) held.end();
  assert.deepEqual(held.started, ["first", "rx", "state-8", "state-9", "state-10"]);
  assert.equal(queue.waiting(), 0);
});

/** Mocks the timers: they fire only when the returned function is called. */
function holdTimers(t: TestContext): (millis: number) => void {
  mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => mock.timers.reset());
  return (millis) => mock.timers.tick(millis);
}

test("a script waits up to a limit for the one before, which may run for ten times that limit", (t) => {
  const tick = holdTimers(t);
  const held = createHeldRunner();
  const { queue, lines } = setUp({ runner: held.runner, patienceMicros: 30 * MILLISECOND });
  queue.add(plan("A", "MASTER", [["hangs"]]));
  queue.add(plan("A", "BACKUP", [["next"]]));
  tick(29);
  assert.deepEqual(held.started, ["hangs"]);
  assert.deepEqual(lines.loud, []);
  tick(1);
  assert.deepEqual(held.started, ["hangs", "next"]);
  assert.match(
    lines.loud[0] ?? "",
    /hangs for MASTER still runs after 0\.03 s: not waiting for it/,
  );
  tick(269);
  assert.deepEqual(held.terminated, []);
  tick(1);
  assert.deepEqual(held.terminated, ["hangs"]);
  assert.match(lines.loud.join(), /hangs for MASTER is terminated: it has run for 0\.3 s/);
  // Its end is logged and starts nothing.
  held.end();
  held.end();
  assert.equal(queue.waiting(), 0);
});

test("background scripts do not count as running, and their number is limited", (t) => {
  const tick = holdTimers(t);
  const held = createHeldRunner();
  const { queue, lines } = setUp({
    runner: held.runner,
    maxRunning: 2,
    maxBackground: 3,
    patienceMicros: 50 * MILLISECOND,
  });
  for (let index = 1; index <= 6; index++) queue.add(plan(`I${index}`, "MASTER", [[`s${index}`]]));
  assert.deepEqual(held.started, ["s1", "s2"]);
  tick(50);
  assert.deepEqual(held.started, ["s1", "s2", "s3", "s4"]);
  assert.deepEqual(held.terminated, []);
  tick(50);
  assert.deepEqual(held.started, ["s1", "s2", "s3", "s4", "s5", "s6"]);
  assert.deepEqual(held.terminated, ["s1"]);
  assert.equal(queue.waiting(), 2);
  tick(50);
  assert.deepEqual(held.terminated, ["s1", "s2", "s3"]);
  assert.equal(queue.waiting(), 0);
  assert.ok(lines.loud.some((line) => /s1 for MASTER is terminated: too many scripts/.test(line)));
});

test("a script that cannot start for lack of resources is retried for a limited time, then dropped", (t) => {
  const tick = holdTimers(t);
  const held = createHeldRunner();
  const { queue, lines } = setUp({ runner: held.runner, patienceMicros: 2.5 * SECOND });
  queue.add(plan("A", "MASTER", [["needed"]]));
  held.end({ kind: "shortage", reason: "no process" });
  assert.equal(queue.waiting(), 1);
  assert.deepEqual(held.started, ["needed"]);
  tick(1_000);
  assert.deepEqual(held.started, ["needed", "needed"]);
  held.end();
  assert.equal(queue.waiting(), 0);
  assert.match(lines.loud.join(), /needed for MASTER was not run: no process\. Retrying/);
  queue.add(plan("A", "BACKUP", [["hopeless"]]));
  for (let attempt = 1; attempt <= 3; attempt++) {
    held.end({ kind: "shortage", reason: "no process" });
    assert.equal(queue.waiting(), 1);
    tick(1_000);
  }
  assert.equal(held.isHeld(), false);
  assert.equal(queue.waiting(), 0);
  assert.match(lines.loud.join(), /hopeless for BACKUP is dropped: it could not be started/);
});

test("a notification without scripts is not queued", () => {
  const { queue } = setUp({ runner: createHeldRunner().runner });
  queue.add(plan("A", "MASTER", []));
  assert.equal(queue.waiting(), 0);
});

test("drain waits for scripts of STOP, up to its limit", async () => {
  const { queue } = setUp();
  assert.equal(await queue.drain(SECOND), 0);
  const quick = slowScript("stop", 0.1);
  queue.add(plan("A", "STOP", [[quick.path, "stop"]]));
  assert.equal(await queue.drain(60 * SECOND), 0);
  assert.deepEqual(quick.loggedArguments(), ["stop"]);

  const held = createHeldRunner();
  const other = setUp({ runner: held.runner }).queue;
  other.add(plan("A", "STOP", [["never-ends"], ["after-it"]]));
  const before = performance.now();
  assert.equal(await other.drain(50 * MILLISECOND), 2);
  const millis = performance.now() - before;
  assert.ok(millis >= 45 && millis < 60_000, String(millis));
});

test("at a stop, a script that delays no other one is not terminated", async () => {
  const runner = createScriptRunner();
  const { queue } = setUp({ runner });
  const slow = slowScript("last", 0.5);
  queue.add(plan("A", "STOP", [[slow.path, "late"]]));
  assert.equal(await queue.drain(100 * MILLISECOND), 1);
  for (const end = Date.now() + 60_000; runner.running() > 0 && Date.now() < end; ) await delay(10);
  assert.deepEqual(slow.loggedArguments(), ["late"]);
});

timedTest(
  "at the stop superseded states are dropped, and a script that delays STOP is terminated half-way",
  async () => {
    const runner = createScriptRunner();
    const { queue, lines } = setUp({ runner });
    const slow = slowScript("holds", 30);
    const quick = slowScript("quick", 0);
    queue.add(plan("A", "MASTER", [[slow.path]]));
    queue.add(plan("A", "BACKUP", [[quick.path, "backup"]]));
    queue.add(plan("A", "STOP", [[quick.path, "stop"]]));
    assert.equal(await queue.drain(4 * SECOND), 0);
    assert.deepEqual(quick.loggedArguments(), ["stop"]);
    assert.ok(lines.loud.includes("info: (A) stopping: BACKUP is dropped"));
    assert.ok(lines.loud.some((line) => line.includes("for MASTER delays the next")));
    assert.equal(runner.running(), 0);
  },
);
