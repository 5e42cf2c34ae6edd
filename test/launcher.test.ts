// Tests bin/holdfast alone: a copy of it beside a small program in place of the daemon.

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../bin", import.meta.url));

/** Installs the launcher with `main` as the daemon; returns the path of a link named `keepalived` to it. */
function install(t: TestContext, main: string | undefined): string {
  const folder = mkdtempSync(join(tmpdir(), "holdfast launcher-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "app/dist/bundle"), { recursive: true });
  cpSync(bin, join(folder, "app/bin"), { recursive: true });
  writeFileSync(join(folder, "app/package.json"), `{"type":"module"}`);
  writeFileSync(join(folder, "app/dist/bundle/package.json"), `{"type":"commonjs"}`);
  if (main !== undefined) writeFileSync(join(folder, "app/dist/bundle/main.js"), main);
  const link = join(folder, "keepalived");
  symlinkSync("app/bin/holdfast", link);
  return link;
}

test("runs the daemon in the same process and passes the name it was started by", async (t) => {
  const link = install(t, "process.stdout.write([process.pid, ...process.argv.slice(1)].join())");
  const child = spawn(process.execPath, [link, "-n", "-f", "x"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  const status = await new Promise((resolve) => child.once("close", resolve));
  assert.equal(output, [child.pid, link, "-n", "-f", "x"].join());
  assert.equal(status, 0);
});

/** Runs the launcher as a program with a soft limit of 700 open files. */
function runLimited(link: string, words: readonly string[], path = dirname(process.execPath)) {
  const argv = ["-c", 'ulimit -Sn 700; PATH=$0 exec "$@"', path, link, ...words];
  return spawnSync("/bin/sh", argv, { encoding: "utf8" });
}

test("started as a program, passes on the limit of open files, which Node raises", (t) => {
  const link = install(
    t,
    `process.stdout.write([process.env.HOLDFAST_FILE_LIMIT, ...process.argv.slice(1)].join())
     process.exitCode = 6`,
  );
  const { stdout, status } = runLimited(link, ["-n", "a b", "", "$x"]);
  assert.equal(stdout, ["700", link, "-n", "a b", "", "$x"].join());
  assert.equal(status, 6);
});

test("started as a program, stays one process", async (t) => {
  const link = install(t, `process.stdout.write(String(process.pid)); setInterval(() => {}, 1000)`);
  const child = spawn(link, { stdio: ["ignore", "pipe", "inherit"] });
  const pid = await new Promise((resolve) => child.stdout.once("data", resolve));
  assert.equal(String(pid), String(child.pid));
  const end = new Promise((resolve) => child.once("close", (_, signal) => resolve(signal)));
  child.kill("SIGTERM");
  assert.equal(await end, "SIGTERM");
});

test("reports a missing Node with a shell's exit status", (t) => {
  const { status, stderr } = runLimited(install(t, ""), [], "/nonexistent");
  assert.equal(status, 127);
  assert.match(stderr, /node.*not found/);
});

test("exits with the daemon's status", (t) => {
  const link = install(t, "process.exit(5)");
  assert.equal(spawnSync(process.execPath, [link]).status, 5);
});

test("without a build the launcher reports how to build", (t) => {
  const { status, stderr } = spawnSync(process.execPath, [install(t, undefined)]);
  assert.equal(status, 1);
  assert.match(String(stderr), /not built: run `npm ci && npm run build` in .*app/);
});

function ended(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = "";
  child.stdout?.on("data", (chunk) => {
    output += String(chunk);
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, output })));
}

test("SIGUSR1 at any time of a start opens no inspector", async (t) => {
  const link = install(
    t,
    `const inspector = require("node:inspector");
     process.stdout.write("up ");
     setTimeout(() => process.stdout.write("inspector " + inspector.url()), 250);`,
  );
  for (const millis of [10, 25, 40, 55, 80, 120, "up"]) {
    const child = spawn(process.execPath, [link], { stdio: ["ignore", "pipe", "ignore"] });
    const end = ended(child);
    if (typeof millis === "number") setTimeout(() => child.kill("SIGUSR1"), millis);
    else child.stdout.once("data", () => child.kill("SIGUSR1"));
    const { code, output } = await end;
    // Before any JavaScript runs the signal may end the process, which is fine.
    if (code === null && output === "" && millis !== "up") continue;
    assert.deepEqual([code, output], [0, "up inspector undefined"], `at ${millis}`);
  }
});
