// Output and exit status of the command line. None of it needs root.

import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

const launcher = fileURLToPath(new URL("../../bin/holdfast", import.meta.url));

/** Runs the program in a folder with `good.conf`, `bad.conf` (an unknown keyword) and unusable files. */
function makeProgram(t: TestContext): {
  (words: readonly string[], stderr?: "pipe" | number): SpawnSyncReturns<string>;
  /** Writes files into the folder, and returns their names. */
  write(files: Readonly<Record<string, string>>): readonly string[];
} {
  const cwd = mkdtempSync(join(tmpdir(), "holdfast-command-line-"));
  t.after(() => rmSync(cwd, { recursive: true }));
  const good = "global_defs {\n  router_id a\n}\n";
  writeFileSync(join(cwd, "good.conf"), good);
  writeFileSync(join(cwd, "bad.conf"), good.replace("router_id a", "nope a"));
  writeFileSync(join(cwd, "self.conf"), `${good}nope\ninclude self.conf\n`);
  mkdirSync(join(cwd, "folder"));
  symlinkSync("loop2", join(cwd, "loop1"));
  symlinkSync("loop1", join(cwd, "loop2"));
  spawnSync("mkfifo", [join(cwd, "fifo")]);
  const run = (words: readonly string[], stderr: "pipe" | number = "pipe") =>
    spawnSync(process.execPath, [launcher, ...words], {
      cwd,
      encoding: "utf8",
      stdio: ["ignore", "pipe", stderr],
    });
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
    return Object.keys(files);
  };
  return Object.assign(run, { write });
}

test("reports arguments that belong to no option", (t) => {
  const run = makeProgram(t);
  const extra = run(["-t", "extra", "-f", "bad.conf"]);
  assert.deepEqual([extra.stdout, extra.status], ["Unexpected argument(s): extra \n", 5]);
  assert.match(extra.stderr, /^\(.*bad\.conf: Line 2\) Unknown keyword 'nope'$/m);
  const taken = run(["-t", "-i", "-f", "bad.conf"]);
  assert.equal(taken.stdout, "Unexpected argument(s): bad.conf \n");
  const ended = run(["-t", "--", "-f", "bad.conf"]);
  assert.equal(ended.stdout, "Unexpected argument(s): -f bad.conf \n");
});

test("-t writes to its log file, or reports that it cannot and exits with 1", (t) => {
  const run = makeProgram(t);
  for (const [path, reason] of [
    ["/nonexistdir/x", "2 - No such file or directory"],
    ["/", "21 - Is a directory"],
  ] as const) {
    const { status, stderr } = run([`-t${path}`, "-f", "good.conf"]);
    assert.equal(stderr, `Unable to open config-test log file ${path} ${reason}\n`);
    assert.equal(status, 1);
  }
  const log = mkdtempSync(join(tmpdir(), "holdfast-log-"));
  t.after(() => rmSync(log, { recursive: true }));
  const { status, stderr } = run([`-t${log}/x`, "-f", "bad.conf"]);
  assert.deepEqual([status, stderr], [5, ""]);
  assert.match(readFileSync(`${log}/x`, "utf8"), /'nope' is not a keyword here/);
});

test("-t reports an unreadable main file but exits with 0, as keepalived does", (t) => {
  const run = makeProgram(t);
  for (const file of ["folder", "fifo", "loop1", "", "nowhere"]) {
    const { status, stderr } = run(["-t", "-f", file]);
    assert.equal(status, 0, file);
    assert.match(stderr, /cannot be read: /, file);
  }
  assert.match(run(["-t", "-f", "folder"]).stderr, /cannot be read: a directory, not a file$/m);
  assert.match(run(["-t", "-f", "fifo"]).stderr, /cannot be read: not a regular file$/m);
  assert.equal(run(["-t", "-f", "self.conf"]).status, 5);
});

test("-t refuses what a start refuses for its size or its name", (t) => {
  const run = makeProgram(t);
  const peers = Array.from({ length: 100_000 }, (_, index) => {
    return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}\n`;
  });
  const large = `global_defs {\n  dynamic_interfaces\n}\nvrrp_instance VI_1 {\n  interface none0\n  virtual_router_id 1\n  unicast_peer {\n${peers.join("")}}\n  virtual_ipaddress {\n    10.1.0.1\n  }\n}\n`;
  const good = "global_defs {\n  router_id a\n}\n";
  for (const [files, problem] of [
    [
      { "large.conf": large },
      /large\.conf:4:1: fatal: vrrp_instance VI_1: .* larger than 1 MiB.*\n {2}vrrp_instance VI_1 \{/,
    ],
    [
      { "main.conf": `${good}include odd*\n`, "odd\nname.conf": good },
      /main\.conf:4:9: fatal: '.*\/odd\.name\.conf' cannot be used: its name contains a new line\n/,
    ],
    [
      { "odd\nmain.conf": good },
      /odd\.main\.conf: fatal: it cannot be used: its name contains a new line\n/,
    ],
  ] as const) {
    const [main = ""] = run.write(files);
    const { status, stderr } = run(["-t", "-f", main]);
    assert.match(stderr, problem);
    assert.equal(status, 5, main);
  }
});

test("-t --strict exits with 0 only if the daemon would start", (t) => {
  const run = makeProgram(t);
  for (const file of ["nowhere", "bad.conf"]) {
    assert.equal(run(["-t", "--strict", "-f", file]).status, 5, file);
  }
  assert.equal(run(["-t", "--strict", "-f", "good.conf"]).status, 0);
});

test("the exit status is the same if the output cannot be written", (t) => {
  const run = makeProgram(t);
  const full = openSync("/dev/full", "w");
  assert.equal(run(["-t", "-f", "bad.conf"], full).status, 5);
  assert.equal(run(["-v"], full).status, 0);
  const folder = mkdtempSync(join(tmpdir(), "holdfast-pipe-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "x"), `global_defs {\n${"nope\n".repeat(1000)}}\n`);
  const script = `{ "$0" "$1" -t -f x; echo $? > status; } 2>&1 | head -c 1`;
  spawnSync("sh", ["-c", script, process.execPath, launcher], { cwd: folder });
  assert.equal(readFileSync(join(folder, "status"), "utf8"), "5\n");
});

test("a refused start reports why, even without a log", (t) => {
  const run = makeProgram(t);
  const { status, stderr } = run(["-n", "-G", "--strict", "-f", "bad.conf"]);
  assert.equal(status, 2);
  assert.match(stderr, /'nope' is not a keyword here/);
  assert.match(stderr, /^Not starting: the configuration has 1 error$/m);
});

test("the usage names the default files", (t) => {
  const { status, stderr } = makeProgram(t)(["-h"]);
  assert.equal(status, 0);
  assert.match(stderr, /\/etc\/holdfast\/holdfast\.conf/);
  assert.match(stderr, /\/etc\/keepalived\/keepalived\.conf/);
});

test("npm targets and the demo print a usage and refuse unknown arguments", () => {
  const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  for (const target of ["demo", "test", "fuzz", "soak", "bench"]) {
    const setup = path("../../scripts/setup.js");
    const run = spawnSync(process.execPath, [setup, target, "--help"], { encoding: "utf8" });
    assert.equal(run.status, 0);
    assert.match(run.stdout, new RegExp(`^usage: npm run ${target} -- `));
  }
  for (const words of [["--bogus"], ["--daemon"], ["--daemon", "frob"]]) {
    const run = spawnSync(process.execPath, [path("../lab/demo.js"), ...words], {
      encoding: "utf8",
    });
    assert.deepEqual([run.status, run.stdout], [2, ""]);
    assert.equal(run.stderr, "usage: npm run demo -- [--daemon holdfast|keepalived]\n");
  }
});
