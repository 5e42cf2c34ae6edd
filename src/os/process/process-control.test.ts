import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { Writable } from "node:stream";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { beside, runNodeProgram } from "../../../test/support/node-program.ts";
import { createMemoryFile, mapMemoryFile } from "./memory-file.ts";
import {
  duplicateDescriptor,
  duplicateFrom,
  isProcessDead,
  missingCapabilities,
  parseProcessStatus,
  readProcessStatus,
} from "./process-control.ts";

const processControl = beside(import.meta.url, "process-control.js");

test("missing capabilities are listed", () => {
  const status = "Name:\tx\nCapPrm:\t0000000000000000\nCapEff:\t0000000000003000\n";
  const wanted = ["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_SYS_NICE"] as const;
  assert.deepEqual(missingCapabilities(wanted, status), ["CAP_SYS_NICE"]);
  assert.deepEqual(missingCapabilities(wanted, "Name:\tx\n"), wanted);
});

test("the capabilities of this process are read from the kernel", (context) => {
  if (!isRoot(context)) return;
  assert.deepEqual(missingCapabilities(["CAP_NET_ADMIN", "CAP_NET_RAW"]), []);
  const { stdout } = runNodeProgram(
    `const { missingCapabilities } = await import(${processControl});
     console.log(missingCapabilities(["CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_KILL"]).join());`,
    { wrapper: ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"] },
  );
  assert.equal(stdout, "CAP_NET_RAW\n");
});

test("a process gets the requested signal when its parent dies", async () => {
  const child = `
    const { signalOnParentDeath } = await import(${processControl});
    process.on("SIGTERM", () => { console.error("SIGTERM received"); process.exit(); });
    console.log(signalOnParentDeath("SIGTERM", process.ppid));
    setTimeout(() => undefined, 60_000);`;
  const parent = `
    import { spawn } from "node:child_process";
    const child = spawn(process.execPath, ["--input-type=module", "-e", ${JSON.stringify(child)}],
      { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.on("data", () => process.kill(process.pid, "SIGKILL"));`;
  const outer = spawn(process.execPath, ["--input-type=module", "-e", parent], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  outer.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  // The pipe closes when both processes have ended.
  await once(outer, "close");
  assert.equal(outer.signalCode, "SIGKILL");
  assert.equal(errors, "SIGTERM received\n");
});

test("signalOnParentDeath returns false if the parent has already ended", () => {
  const { stdout } = runNodeProgram(
    `const { signalOnParentDeath } = await import(${processControl});
     console.log(signalOnParentDeath("SIGTERM", process.ppid), signalOnParentDeath("SIGTERM", 1 << 22));`,
  );
  assert.equal(stdout, "true false\n");
});

test("the title and the command name of a process are set separately", () => {
  const { stdout, stderr } = runNodeProgram(
    `import { readFileSync } from "node:fs";
     const { setProcessNames } = await import(${processControl});
     const names = () => [readFileSync("/proc/self/comm", "utf8").trim(),
       readFileSync("/proc/self/cmdline", "utf8").replace(/\\0+$/, "").split("\\0")[0]];
     setProcessNames("keepalived vrrp", "keepalived");
     console.log(JSON.stringify([names(), process.title]));
     setProcessNames("x", "a name of more than fifteen");
     console.log(JSON.stringify([names(), process.title]));`,
  );
  assert.equal(stderr, "");
  assert.deepEqual(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
    [
      [["keepalived", "keepalived vrrp"], "keepalived vrrp"],
      [["a name of more ", "x"].map((name) => name.trim()), "x"],
    ],
  );
});

test("/proc/PID/stat is parsed with any process name", () => {
  const line = `7 (a ) Z (b) 1) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 6 7 8`;
  assert.deepEqual(parseProcessStatus(line), {
    hasEnded: false,
    isStopped: false,
    parentPid: 1,
    startTicks: 12345,
  });
  assert.equal(parseProcessStatus(line.replace(") S", ") T"))?.isStopped, true);
  assert.equal(parseProcessStatus(line.replace(") S", ") Z"))?.hasEnded, true);
  for (const bad of ["", "7", "7 (x) S 1 2", line.replace("12345", "soon")]) {
    assert.equal(parseProcessStatus(bad), undefined, bad);
  }
});

test("a process is dead if it is gone, a zombie, or another one with the same pid", async () => {
  const self = readProcessStatus(process.pid);
  assert.ok(self !== undefined);
  assert.equal(isProcessDead(process.pid), false);
  assert.equal(isProcessDead(process.pid, self.startTicks), false);
  assert.equal(isProcessDead(process.pid, self.startTicks - 1), true);
  const { pid } = spawnSync("true");
  assert.equal(isProcessDead(pid), true);

  // The process ends with its input, and its parent does not reap it.
  const words = ["-c", "cat <&3 & echo $!; exec sleep 120 3<&-"];
  const parent = spawn("sh", words, { stdio: ["ignore", "pipe", "inherit", "pipe"] });
  const [, output, , input] = parent.stdio;
  assert.ok(output && input instanceof Writable);
  const [chunk] = (await once(output, "data")) as [Buffer];
  const zombie = Number(chunk.toString());
  try {
    assert.equal(isProcessDead(zombie), false);
    input.end();
    const end = Date.now() + 60_000;
    while (!isProcessDead(zombie) && Date.now() < end) await delay(5);
    assert.match(readFileSync(`/proc/${zombie}/stat`, "utf8"), /\) Z /);
    assert.equal(isProcessDead(zombie), true);
  } finally {
    parent.kill("SIGKILL");
  }
});

test("a descriptor duplicated from a child stays open after the child's death", async (context) => {
  if (!isRoot(context)) return;
  const fd = createMemoryFile("holdfast-test", 4096);
  mapMemoryFile(fd, 4096).set([1, 2, 3]);
  const child = spawn("sleep", ["120"], { stdio: ["ignore", "ignore", "ignore", fd] });
  await once(child, "spawn");
  closeSync(fd);
  const pid = child.pid as number;
  const copy = duplicateFrom(pid, 3);
  assert.throws(() => duplicateFrom(pid, 77), { operation: "pidfd_getfd", code: "EBADF" });
  child.kill("SIGKILL");
  await once(child, "close");
  assert.throws(() => duplicateFrom(pid, 3), { operation: `pidfd_open ${pid}`, code: "ESRCH" });
  const bytes = new Uint8Array(3);
  readSync(copy, bytes, 0, 3, 0);
  assert.deepEqual([...bytes], [1, 2, 3]);
  assert.equal(isClosedOnExec(copy), true);
  closeSync(copy);
});

test("a duplicate refers to the same file and is close-on-exec", () => {
  const fd = openSync("/proc/self/status", "r");
  const copy = duplicateDescriptor(fd);
  assert.notEqual(copy, fd);
  closeSync(fd);
  assert.equal(readSync(copy, new Uint8Array(4), 0, 4, 0), 4);
  assert.equal(isClosedOnExec(copy), true);
  closeSync(copy);
  assert.throws(() => duplicateDescriptor(copy), { code: "EBADF" });
});

test("exitNow ends the process with its status and without exit handlers", () => {
  const { status, stdout } = runNodeProgram(
    `const { exitNow } = await import(${processControl});
     process.on("exit", () => console.log("handler"));
     exitNow(7);`,
  );
  assert.deepEqual({ status, stdout }, { status: 7, stdout: "" });
});

function isClosedOnExec(fd: number): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
  return (Number.parseInt(flags ?? "0", 8) & 0o2000000) !== 0;
}

function isRoot(context: TestContext): boolean {
  if (process.getuid?.() === 0) return true;
  const { CI } = process.env;
  assert.ok(!CI, "this test needs root");
  context.skip("needs root");
  return false;
}
