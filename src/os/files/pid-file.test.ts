import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { beside, runNodeProgram } from "../../../test/support/node-program.ts";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { declare } from "../ffi/ffi.ts";
import { defaultPidFilePath, type PidFile, pidFileHolder, takePidFile } from "./pid-file.ts";

const folder = temporaryFolder("pid");

function take(path: string, pid = process.pid): PidFile {
  const taken = takePidFile(path, pid);
  assert(taken.kind === "taken", JSON.stringify(taken));
  return taken.file;
}

test("the default paths are keepalived's", () => {
  assert.equal(defaultPidFilePath("keepalived", {}), "/run/keepalived.pid");
  assert.equal(defaultPidFilePath("vrrp", {}), "/run/vrrp.pid");
  assert.equal(defaultPidFilePath("checkers", {}), "/run/checkers.pid");
  assert.equal(defaultPidFilePath("bfd", {}), "/run/bfd.pid");
  assert.equal(defaultPidFilePath("vrrp", { usePidDir: true }), "/run/keepalived/vrrp.pid");
  assert.equal(
    defaultPidFilePath("keepalived", { instance: "a" }),
    "/run/keepalived/keepalived_a.pid",
  );
  assert.equal(
    defaultPidFilePath("vrrp", { instance: "a", namespace: "blue" }),
    "/run/keepalived/blue/vrrp_a.pid",
  );
});

test("if the pid cannot be written, the lock still holds the file", () => {
  const path = join(folder, "full.pid");
  writeFileSync(path, "4000000\n");
  const { stdout, stderr } = runNodeProgram(
    `
    const { takePidFile } = await import(${beside(import.meta.url, "pid-file.js")});
    const path = ${JSON.stringify(path)};
    const first = takePidFile(path, process.pid);
    const second = takePidFile(path, process.pid);
    process.stdout.write([first.kind, first.writeError, second.kind, second.pid].join(" | "));
  `,
    { wrapper: ["prlimit", "--fsize=0"] },
  );
  assert.match(stdout, /^taken \| EFBIG: .* \| running \| $/, stderr);
  // The pid of the previous holder is gone.
  assert.equal(readFileSync(path, "utf8"), "");
});

test("a pid file contains the pid, is readable by all, and is removed at the end", () => {
  const path = join(folder, "plain.pid");
  const previous = process.umask(0o177);
  const file = take(path, 4_000_000);
  process.umask(previous);
  assert.equal(readFileSync(path, "utf8"), "4000000\n");
  assert.equal(lstatSync(path).mode & 0o777, 0o644);
  file.write(12);
  assert.equal(readFileSync(path, "utf8"), "12\n");
  file.remove();
  file.remove();
  assert.equal(existsSync(path), false);
});

test("a held file cannot be taken again, in this process or another", async () => {
  const path = join(folder, "held.pid");
  const file = take(path, 77);
  assert.deepEqual(takePidFile(path, 78), { kind: "running", pid: 77 });
  assert.deepEqual(pidFileHolder(path), { pid: 77 });
  assert.equal(readFileSync(path, "utf8"), "77\n");
  assert.equal(await takeElsewhere(path), '{"kind":"running","pid":77}');
  file.remove();
  assert.equal(pidFileHolder(path), undefined);
  take(path).remove();
});

test("a file left by a killed process can be taken", async () => {
  const path = join(folder, "stale.pid");
  assert.match(await takeElsewhere(path), /"taken"/);
  assert.ok(existsSync(path));
  assert.equal(pidFileHolder(path), undefined);
  const file = take(path, 5);
  assert.equal(readFileSync(path, "utf8"), "5\n");
  file.remove();
  // The pid of a running process that does not hold the lock.
  writeFileSync(path, "1\n");
  take(path).remove();
});

test("a rival daemon that sets no lock is recognized by its name", async () => {
  const path = join(folder, "rival.pid");
  const sleeper = spawn("/bin/sleep", ["60"], { stdio: "ignore" });
  await new Promise((resolve) => sleeper.once("spawn", resolve));
  writeFileSync(path, `${sleeper.pid}\n`);
  const rivals = ["keepalived", "sleep"];
  const refused = takePidFile(path, 1, { rivals });
  assert.deepEqual(refused, { kind: "running", pid: sleeper.pid });
  assert.equal(readFileSync(path, "utf8"), `${sleeper.pid}\n`);
  const gone = new Promise((resolve) => sleeper.once("close", resolve));
  sleeper.kill("SIGKILL");
  await gone;
  const taken = takePidFile(path, 1, { rivals });
  assert(taken.kind === "taken");
  taken.file.remove();
  // The pid of a dead rival, reused by another program.
  writeFileSync(path, `${process.pid === 1 ? 2 : 1}\n`);
  const reused = takePidFile(path, 1, { rivals: ["keepalived"] });
  assert(reused.kind === "taken");
  reused.file.remove();
});

test("child processes do not inherit the lock", async () => {
  const path = join(folder, "inherited.pid");
  const file = take(path);
  const sleeper = spawn("/bin/sleep", ["60"], { stdio: "ignore" });
  await new Promise((resolve) => sleeper.once("spawn", resolve));
  file.remove();
  take(path).remove();
  sleeper.kill("SIGKILL");
});

test("links and special files are not touched", () => {
  const victim = join(folder, "victim");
  writeFileSync(victim, "precious");
  const link = join(folder, "link.pid");
  symlinkSync(victim, link);
  const hard = join(folder, "hard.pid");
  linkSync(victim, hard);
  for (const [path, reason] of [
    [link, /ELOOP/],
    [hard, /has other names/],
    [folder, /EISDIR/],
    ["/dev/null", /not a regular file/],
    ["/proc/none/x.pid", /ENOENT/],
  ] as const) {
    const taken = takePidFile(path, 1);
    assert(taken.kind === "failed", `${path}: ${taken.kind}`);
    assert.match(taken.reason, reason);
  }
  assert.equal(readFileSync(victim, "utf8"), "precious");
});

test("a missing folder is created and readable by all", () => {
  const previous = process.umask(0o177);
  const path = join(folder, "deep/er/x.pid");
  const file = take(path);
  process.umask(previous);
  assert.equal(lstatSync(join(folder, "deep")).mode & 0o777, 0o755);
  file.remove();
});

test("a file that replaced a removed one is not removed", () => {
  const path = join(folder, "moved.pid");
  const first = take(path);
  rmSync(path);
  const second = take(path, 2);
  first.remove();
  assert.equal(readFileSync(path, "utf8"), "2\n");
  second.remove();
  assert.equal(existsSync(path), false);
});

test("invalid content is not a pid", () => {
  const path = join(folder, "garbage.pid");
  const file = take(path);
  chmodSync(path, 0o644);
  for (const [text, pid] of [
    ["", undefined],
    ["x\n", undefined],
    ["-5\n", undefined],
    ["12 13\n", undefined],
    [" 42 \n", 42],
  ] as const) {
    writeFileSync(path, text);
    assert.deepEqual(pidFileHolder(path), { pid }, JSON.stringify(text));
  }
  file.remove();
});

/** Takes the file in another process, which then kills itself; returns its result as JSON. */
async function takeElsewhere(path: string): Promise<string> {
  const code = `
    import { takePidFile } from ${JSON.stringify(new URL("./pid-file.js", import.meta.url).href)};
    process.stdout.write(JSON.stringify(takePidFile(${JSON.stringify(path)}, process.pid)), () => {
      process.kill(process.pid, "SIGKILL");
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  await new Promise((resolve) => child.once("close", resolve));
  return text;
}

const fcntl = declare("int fcntl(int, int, void *)");
/** asm-generic/fcntl.h */
const F_OFD_SETLK = 37;
const F_RDLCK = 0;
const F_WRLCK = 1;

/** Locks the whole file from another open file description; returns a function that unlocks it. */
function lockForeign(path: string, type: number): () => void {
  const fd = openSync(path, type === F_RDLCK ? constants.O_RDONLY : constants.O_RDWR);
  const flock = new Int16Array(16);
  flock[0] = type;
  assert.equal(fcntl(fd, F_OFD_SETLK, flock), 0);
  return () => closeSync(fd);
}

test("a file with only a read lock, which any user can set, can be taken", () => {
  const path = join(folder, "read-locked.pid");
  writeFileSync(path, "4000000\n");
  const before = lstatSync(path).ino;
  const unlock = lockForeign(path, F_RDLCK);
  assert.equal(pidFileHolder(path), undefined);
  const file = take(path);
  assert.notEqual(lstatSync(path).ino, before);
  assert.equal(lstatSync(path).mode & 0o777, 0o644);
  assert.equal(readFileSync(path, "utf8"), `${process.pid}\n`);
  assert.deepEqual(takePidFile(path, 12), { kind: "running", pid: process.pid });
  assert.deepEqual(pidFileHolder(path), { pid: process.pid });
  file.remove();
  assert.ok(!existsSync(path) && !existsSync(`${path}.new`));
  unlock();
});

test("behind a read lock, a rival and a process that is replacing the file are still detected", () => {
  const path = join(folder, "contended.pid");
  writeFileSync(path, `${process.ppid}\n`);
  const name = readFileSync(`/proc/${process.ppid}/comm`, "latin1").trim();
  const unlock = lockForeign(path, F_RDLCK);
  assert.deepEqual(takePidFile(path, 12, { rivals: [name] }), {
    kind: "running",
    pid: process.ppid,
  });
  writeFileSync(`${path}.new`, "", { mode: 0o600 });
  const finish = lockForeign(`${path}.new`, F_WRLCK);
  assert.equal(takePidFile(path, 12).kind, "failed");
  finish();
  // A new file left by a killed process can be reused.
  take(path).remove();
  assert.ok(!existsSync(`${path}.new`));
  unlock();
});
