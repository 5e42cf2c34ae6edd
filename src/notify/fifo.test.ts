import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { type NotifyFifo, openNotifyFifo } from "./fifo.ts";

const folder = temporaryFolder("fifo");

function open(name: string, log: string[] = [], owner?: { uid: number; gid: number }): NotifyFifo {
  const fifo = openNotifyFifo({
    path: join(folder, name),
    uid: owner?.uid ?? process.geteuid?.() ?? 0,
    gid: owner?.gid ?? process.getegid?.() ?? 0,
    log: (level, text) => log.push(`${level}: ${text}`),
  });
  assert(!("reason" in fifo), JSON.stringify(fifo));
  return fifo;
}

function reader(fifo: NotifyFifo): { text(): string; close(): void } {
  const fd = openSync(fifo.path, constants.O_RDONLY | constants.O_NONBLOCK);
  return {
    text: () => {
      const buffer = Buffer.alloc(1_048_576);
      try {
        return buffer.toString("utf8", 0, readSync(fd, buffer));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, "EAGAIN");
        return "";
      }
    },
    close: () => closeSync(fd),
  };
}

test("a new FIFO is accessible to its owner only, and removed at the end", () => {
  const isRoot = process.geteuid?.() === 0 && lstatSync("/").uid === 0;
  const fifo = open("made", [], isRoot ? { uid: 65534, gid: 65533 } : undefined);
  const stats = lstatSync(fifo.path);
  assert.ok(stats.isFIFO());
  assert.equal(stats.mode & 0o7777, 0o600);
  if (isRoot) assert.deepEqual([stats.uid, stats.gid], [65534, 65533]);
  fifo.close();
  assert.equal(existsSync(fifo.path), false);
});

test("lines wait in the FIFO for a later reader, in order", () => {
  const fifo = open("late");
  fifo.write('INSTANCE "A" BACKUP 100\n');
  fifo.write('INSTANCE "A" MASTER 100\n');
  const late = reader(fifo);
  assert.equal(late.text(), 'INSTANCE "A" BACKUP 100\nINSTANCE "A" MASTER 100\n');
  late.close();
  fifo.write('INSTANCE "A" STOP 100\n');
  const second = reader(fifo);
  assert.equal(second.text(), 'INSTANCE "A" STOP 100\n');
  second.close();
  fifo.close();
});

test("an existing FIFO is used unchanged and not removed", async () => {
  const path = join(folder, "theirs");
  await new Promise((resolve) =>
    spawn("/usr/bin/mkfifo", ["-m", "640", path]).once("close", resolve),
  );
  const fifo = open("theirs");
  assert.equal(lstatSync(path).mode & 0o777, 0o640);
  fifo.close();
  assert.equal(existsSync(path), true);
});

test("other files at the path are refused and left alone", () => {
  const file = join(folder, "file");
  writeFileSync(file, "mine");
  const target = open("target");
  symlinkSync(target.path, join(folder, "link"));
  for (const [name, reason] of [
    ["file", /is not a FIFO/],
    ["link", /ELOOP/],
    ["none/below", /mkfifo .*ENOENT/],
  ] as const) {
    const refused = openNotifyFifo({
      path: join(folder, name),
      uid: 0,
      gid: 0,
      log: () => undefined,
    });
    assert("reason" in refused, name);
    assert.match(refused.reason, reason);
  }
  assert.ok(lstatSync(file).isFile());
  target.close();
});

test("without a reader writing does not block, and excess lines are dropped, oldest first, with one log line", async () => {
  const log: string[] = [];
  const fifo = open("full", log);
  const count = 6_000;
  for (let line = 0; line < count; line++) fifo.write(`INSTANCE "A" MASTER ${line}\n`);
  assert.equal(log.length, 1);
  assert.match(log[0] ?? "", /^warning: Notify FIFO .*full is not read: dropping its oldest lines/);
  const late = reader(fifo);
  let text = "";
  for (const end = Date.now() + 60_000; Date.now() < end && !text.endsWith(` ${count - 1}\n`); ) {
    text += late.text();
    await delay(20);
  }
  const numbers = text
    .trimEnd()
    .split("\n")
    .map((line) => Number(/^INSTANCE "A" MASTER (\d+)$/.exec(line)?.[1]));
  assert.equal(numbers.at(-1), count - 1);
  for (const [index, number] of numbers.entries()) {
    assert.ok(index === 0 || number > (numbers[index - 1] as number), `line ${index}`);
  }
  assert.ok(numbers.length > 1_000 && numbers.length < count);
  late.close();
  fifo.close();
});

function hasOpen(pid: number | undefined, path: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => readlinkSync(`${folder}/${fd}`) === path);
  } catch {
    return false; // It opens and closes descriptors meanwhile.
  }
}

test("reopening gives a waiting reader an end of file, and loses no line", async () => {
  const fifo = open("again");
  /** Starts a reader and waits until it has opened the FIFO; `text` is what it has read when it ends. */
  const read = async (): Promise<{ readonly text: Promise<string> }> => {
    const cat = spawn("/bin/cat", [fifo.path], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    cat.stdout.on("data", (chunk) => {
      text += chunk;
    });
    const whole = new Promise<string>((resolve) => cat.once("close", () => resolve(text)));
    while (!hasOpen(cat.pid, fifo.path)) await delay(10);
    return { text: whole };
  };
  fifo.write("one\n");
  const first = await read();
  fifo.reopen();
  fifo.write("two\n");
  assert.equal(await first.text, "one\n");
  const second = await read();
  fifo.write("three\n");
  fifo.close();
  assert.equal(await second.text, "two\nthree\n");
});

test("closing during a reopen writes the queued lines and removes the file", () => {
  const fifo = open("closing");
  const late = reader(fifo);
  fifo.write("one\n");
  fifo.reopen();
  fifo.write("two\n");
  fifo.close();
  assert.equal(late.text(), "one\ntwo\n");
  assert.ok(!existsSync(fifo.path));
  late.close();
});

test("a failed reopen is retried and logged once, and a file at the path is left alone", async () => {
  const log: string[] = [];
  const fifo = open("blocked", log);
  rmSync(fifo.path);
  writeFileSync(fifo.path, "in the way");
  fifo.reopen();
  fifo.write("early\n");
  while (log.length === 0) await delay(10);
  // It is retried every second.
  await delay(1_200);
  assert.equal(log.length, 1, log.join("; "));
  assert.match(log[0] ?? "", /^error: Notify FIFO .*blocked cannot be opened/);
  assert.equal(readFileSync(fifo.path, "utf8"), "in the way");
  rmSync(fifo.path);
  while (!existsSync(fifo.path)) await delay(10);
  fifo.write("late\n");
  const late = reader(fifo);
  assert.equal(late.text(), "early\nlate\n");
  late.close();
  fifo.close();
});

test("closing does not remove a file that replaced the FIFO", () => {
  const fifo = open("replaced");
  rmSync(fifo.path);
  writeFileSync(fifo.path, "new");
  fifo.close();
  assert.ok(lstatSync(fifo.path).isFile());
});
