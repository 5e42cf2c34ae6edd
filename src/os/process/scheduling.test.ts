import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { beside, runNodeProgram } from "../../../test/support/node-program.ts";

const scheduling = beside(import.meta.url, "scheduling.js");

// Fields of /proc/PID/stat, counted from the third: nice is the 19th, the real-time priority the 40th, the policy the
// 41st (man 5 proc).
const helpers = `
  import { readdirSync, readFileSync } from "node:fs";
  import { spawnSync } from "node:child_process";
  const scheduling = await import(${scheduling});
  function parse(line) {
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    return { nice: Number(fields[16]), priority: Number(fields[37]), policy: Number(fields[38]) };
  }
  const threads = () => readdirSync("/proc/self/task").map((tid) =>
    parse(readFileSync("/proc/self/task/" + tid + "/stat", "utf8")));
  const script = () => parse(spawnSync("cat", ["/proc/self/stat"], { encoding: "utf8" }).stdout);
  const print = (value) => console.log(JSON.stringify(value));
`;

interface Scheduling {
  readonly nice: number;
  readonly priority: number;
  readonly policy: number;
}

function run(body: string): unknown[] {
  const { stdout, stderr, status } = runNodeProgram(helpers + body);
  assert.deepEqual({ stderr, status }, { stderr: "", status: 0 });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const { CI } = process.env;
const needsRoot = process.getuid?.() === 0 || CI ? false : "only root may raise priorities";
// A control group may forbid real-time scheduling, even for root.
const hasRealtime = spawnSync("chrt", ["-f", "1", "true"]).status === 0;
const needsRealtime =
  needsRoot || (hasRealtime ? false : "real-time scheduling is not allowed here");

test("a nice value applies to every thread and to no script", { skip: needsRoot }, () => {
  const [threads, script] = run("scheduling.setNice(-7); print(threads()); print(script());") as [
    Scheduling[],
    Scheduling,
  ];
  assert.ok(threads.length > 1);
  for (const thread of threads) assert.deepEqual(thread, { nice: -7, priority: 0, policy: 0 });
  assert.equal(script.nice, 0);
});

test("real-time scheduling applies to every thread and to no script", {
  skip: needsRealtime,
}, () => {
  const [threads, script, after] = run(`
    scheduling.limitRealtime(10_000_000);
    scheduling.setRealtimePriority(3);
    print(threads());
    print(script());
    scheduling.setNice(-5);
    print(threads());
  `) as [Scheduling[], Scheduling, Scheduling[]];
  for (const thread of threads) assert.deepEqual([thread.policy, thread.priority], [2, 3]);
  assert.deepEqual(script, { nice: 0, priority: 0, policy: 0 });
  for (const thread of after) assert.deepEqual([thread.policy, thread.priority], [2, 3]);
});

test("boostPriority gives real-time scheduling until dropPriority", { skip: needsRealtime }, () => {
  const [allowed, boosted, dropped] = run(`
    print(scheduling.boostPriority(process.pid));
    const [first] = threads();
    print(first);
    scheduling.dropPriority();
    print(threads());
  `) as [boolean, Scheduling, Scheduling[]];
  assert.equal(allowed, true);
  assert.deepEqual([boosted.policy, boosted.priority], [2, 1]);
  for (const thread of dropped) assert.deepEqual(thread, { nice: 0, priority: 0, policy: 0 });
});

test("a real-time process that never blocks is killed at its limit", {
  skip: needsRealtime,
}, () => {
  const { signal } = runNodeProgram(`
    const scheduling = await import(${scheduling});
    scheduling.limitRealtime(200_000);
    scheduling.setRealtimePriority(1);
    const end = Date.now() + 60_000;
    while (Date.now() < end);
  `);
  assert.ok(signal === "SIGXCPU" || signal === "SIGKILL", String(signal));
});

test("setAffinity restricts the processors", () => {
  // A container may allow only some of the processors.
  const [, list = ""] =
    /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  const allowed = list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  const [all, one, refused, none] = run(`
    print(scheduling.readAffinity());
    scheduling.setAffinity([${allowed.at(-1)}, 5000]);
    print(scheduling.readAffinity());
    for (const wrong of [[1000], []]) {
      try { scheduling.setAffinity(wrong); } catch ({ operation, code }) { print([operation, code]); }
    }
  `) as [number[], number[], string[], string[]];
  assert.deepEqual(all, allowed);
  assert.deepEqual(one, [allowed.at(-1)]);
  assert.deepEqual(refused, ["sched_setaffinity", "EINVAL"]);
  assert.deepEqual(none, ["sched_setaffinity", "EINVAL"]);
});

test("lockMemory locks used pages only, and the process ends at once", { skip: needsRoot }, () => {
  const [before, after] = run(`
    const { exitNow } = await import(${beside(import.meta.url, "process-control.js")});
    const { writeSync } = await import("node:fs");
    const locked = () => Number(/VmLck:\\s*(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
    const resident = () => Number(/VmRSS:\\s*(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
    const line = () => writeSync(1, JSON.stringify({ locked: locked(), resident: resident() }) + "\\n");
    line();
    scheduling.lockMemory();
    line();
    exitNow(0);
  `) as { locked: number; resident: number }[];
  assert.ok(before !== undefined && after !== undefined);
  assert.equal(before.locked, 0);
  assert.ok(after.locked > 0);
  assert.ok(
    after.resident < 2 * before.resident,
    `${before.resident} KiB became ${after.resident}`,
  );
});

test("without privilege, errors contain operation and code", { skip: needsRoot }, () => {
  const { stdout } = runNodeProgram(
    `const scheduling = await import(${scheduling});
     for (const attempt of [() => scheduling.setNice(-1), () => scheduling.setRealtimePriority(1)]) {
       try { attempt(); } catch ({ operation, code }) { console.log(operation, code); }
     }`,
    { wrapper: ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] },
  );
  assert.equal(stdout, "setpriority EACCES\nsched_setscheduler EPERM\n");
});
