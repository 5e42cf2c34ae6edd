import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, constants, openSync, readFileSync, readSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { isLittleEndian, libc } from "../ffi/ffi.ts";
import { bindAddress, closeDescriptor, openSocket, SOCK_DGRAM } from "../net/socket.ts";
import { createConsoleSink } from "./console.ts";
import { createLog } from "./log.ts";
import { consoleTime, logLine, MAX_RECORD_OCTETS, syslogTime } from "./log-text.ts";
import { createSyslogSink } from "./syslog.ts";

const folder = temporaryFolder("log");

const moment = new Date(2026, 10, 1, 7, 3, 9);

/** A log daemon's socket at `path`, with a non-blocking read. */
function listen(path: string): { read(): string | undefined; close(): void } {
  const fd = openSocket(1, SOCK_DGRAM, 0);
  const address = new Uint8Array(110);
  address[isLittleEndian ? 0 : 1] = 1;
  address.set(Buffer.from(path), 2);
  bindAddress(fd, address);
  const buffer = new Uint8Array(65_536);
  return {
    read: () => {
      const octets = libc.read(fd, buffer, buffer.length);
      return octets < 0 ? undefined : Buffer.from(buffer.subarray(0, octets)).toString();
    },
    close: () => closeDescriptor(fd),
  };
}

async function waitForRecord(daemon: ReturnType<typeof listen>): Promise<string> {
  for (const end = performance.now() + 60_000; performance.now() < end; await delay(10)) {
    const record = daemon.read();
    if (record !== undefined) return record;
  }
  assert.fail("no record arrived");
}

test("times have strftime's C locale format, with days padded by a space", () => {
  assert.equal(consoleTime(moment), "Sun Nov  1 07:03:09 2026");
  assert.equal(syslogTime(moment), "Nov  1 07:03:09");
  assert.equal(consoleTime(new Date(2026, 1, 28, 23, 59, 59)), "Sat Feb 28 23:59:59 2026");
});

test("times agree with the date program", async () => {
  const date = new Date();
  const child = spawn("/bin/date", ["-d", `@${Math.floor(date.getTime() / 1000)}`, "+%c"], {
    env: { ...process.env, LC_ALL: "C" },
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  await new Promise((resolve) => child.once("close", resolve));
  assert.equal(consoleTime(date), text.trim());
});

test("logLine escapes control characters and truncates", () => {
  assert.equal(logLine("(VI_1) Entering MASTER STATE"), "(VI_1) Entering MASTER STATE");
  assert.equal(logLine("a\nb\tc\u001b[31md\u0000\u009b"), "a\\x0ab c\\x1b[31md\\x00\\x9b");
  assert.equal(logLine("é".repeat(1_000)), "é".repeat(1_000));
  for (const text of [
    "x".repeat(9_999),
    "é".repeat(9_999),
    `x${"é".repeat(9_999)}`,
    "€".repeat(9_999),
  ]) {
    const line = logLine(text);
    const octets = Buffer.byteLength(line);
    assert.ok(octets <= MAX_RECORD_OCTETS && octets > MAX_RECORD_OCTETS - 4, String(octets));
    assert.ok(line.endsWith("...") && !line.includes("\ufffd"));
  }
});

test("syslog records carry priority, time, identity and pid", () => {
  const path = join(folder, "log-a");
  const daemon = listen(path);
  const options = { ident: "Keepalived_vrrp", pid: 42, path, now: () => moment };
  const sink = createSyslogSink({ ...options, facility: 3 });
  sink.write("info", "one");
  sink.write("error", "two");
  assert.equal(daemon.read(), "<30>Nov  1 07:03:09 Keepalived_vrrp[42]: one");
  assert.equal(daemon.read(), "<27>Nov  1 07:03:09 Keepalived_vrrp[42]: two");
  const local = createSyslogSink({ ...options, facility: 16 });
  local.write("notice", "three");
  assert.equal(daemon.read(), "<133>Nov  1 07:03:09 Keepalived_vrrp[42]: three");
  sink.close(0);
  local.close(0);
  daemon.close();
});

test("a restarted log daemon gets the next record", () => {
  const path = join(folder, "log-b");
  const sink = createSyslogSink({ ident: "x", facility: 3, path });
  const first = listen(path);
  sink.write("info", "before");
  assert.match(first.read() ?? "", /before$/);
  first.close();
  unlinkSync(path);
  const second = listen(path);
  sink.write("info", "after");
  assert.match(second.read() ?? "", /after$/);
  assert.equal(sink.lostRecords(), 0);
  sink.close(0);
  second.close();
});

test("without a log daemon records are buffered, and the first daemon gets them", async () => {
  const path = join(folder, "log-c");
  const sink = createSyslogSink({ ident: "x", facility: 3, path });
  for (let count = 0; count < 3; count++) sink.write("info", `to nobody ${count}`);
  const daemon = listen(path);
  for (let count = 0; count < 3; count++) {
    assert.match(await waitForRecord(daemon), new RegExp(`to nobody ${count}$`));
  }
  sink.write("info", "to somebody");
  assert.match(daemon.read() ?? "", /to somebody$/);
  sink.close(0);
  daemon.close();
});

test("a burst beyond the daemon's queue arrives completely and in order", async () => {
  const path = join(folder, "log-e");
  const daemon = listen(path);
  const sink = createSyslogSink({ ident: "x", facility: 3, path });
  for (let count = 0; count < 1_000; count++) sink.write("info", `line ${count}`);
  let expected = 0;
  for (const end = performance.now() + 60_000; expected < 1_000 && performance.now() < end; ) {
    for (let record = daemon.read(); record !== undefined; record = daemon.read()) {
      assert.match(record, new RegExp(`: line ${expected}$`));
      expected++;
    }
    await delay(1);
  }
  assert.equal(expected, 1_000);
  assert.equal(sink.lostRecords(), 0);
  sink.close(0);
  daemon.close();
});

test("records that the log daemon does not read are discarded, counted and reported", () => {
  const path = join(folder, "log-d");
  const daemon = listen(path);
  const sink = createSyslogSink({ ident: "x", facility: 3, path });
  const count = 10_000;
  for (let line = 0; line < count; line++) sink.write("info", `line ${line}`);
  const lost = sink.lostRecords();
  assert.ok(lost > 0 && lost < count);
  let taken = 0;
  let report = "";
  for (let turn = 0; turn < count; turn++) {
    const record = daemon.read();
    if (record === undefined) sink.write("info", "again");
    else if (record.includes(" were lost")) report = record;
    else if (/: line \d+$/.test(record)) taken++;
  }
  assert.equal(taken, count - lost);
  assert.match(report, new RegExp(` ${lost} records were lost`));
  const before = performance.now();
  sink.write("info", "last");
  sink.close(50);
  assert.ok(performance.now() - before < 20_000);
  daemon.close();
});

test("console lines have keepalived's format", () => {
  const path = join(folder, "console");
  const fd = openSync(path, "w");
  const log = createLog({ console: createConsoleSink(fd, () => moment), syslog: undefined });
  log("info", "Startup complete");
  log("debug", "two\nlines");
  closeSync(fd);
  assert.equal(
    readFileSync(path, "utf8"),
    "Sun Nov  1 07:03:09 2026: Startup complete\nSun Nov  1 07:03:09 2026: two\\x0alines\n",
  );
});

test("held lines are written together and in order, and earlier once a chunk is full", () => {
  const path = join(folder, "held");
  const fd = openSync(path, "w");
  const sink = createConsoleSink(fd, () => moment);
  const written = (): string[] => readFileSync(path, "utf8").split("\n").slice(0, -1);
  sink.write("before");
  sink.hold();
  sink.write("one");
  assert.equal(written().length, 1);
  for (let count = 0; count < 1_000; count++) sink.write(`line ${count}`);
  assert.ok(written().length > 800, "a full chunk is written at once");
  sink.release();
  sink.write("after");
  const texts = written().map((line) => line.slice("Sun Nov  1 07:03:09 2026: ".length));
  const lines = Array.from({ length: 1_000 }, (_, count) => `line ${count}`);
  assert.deepEqual(texts, ["before", "one", ...lines, "after"]);
  assert.equal(sink.lostLines(), 0);
  closeSync(fd);
});

test("held lines are written in chunks that end with a line end", () => {
  const path = join(folder, "pieces");
  const listener = listen(path);
  const fd = openSocket(1, SOCK_DGRAM, 0);
  const address = new Uint8Array(110);
  address[isLittleEndian ? 0 : 1] = 1;
  address.set(Buffer.from(path), 2);
  assert.equal(libc.connect(fd, address, address.length), 0);
  const sink = createConsoleSink(fd, () => moment);
  sink.hold();
  for (let count = 0; count < 300; count++) sink.write(`line ${count}`);
  sink.write("x".repeat(5_000));
  sink.release();
  const pieces: string[] = [];
  for (let piece = listener.read(); piece !== undefined; piece = listener.read()) {
    pieces.push(piece);
  }
  assert.ok(pieces.length > 3);
  assert.equal(pieces.join("").split("\n").length, 302);
  const torn = pieces.filter((piece) => !piece.endsWith("\n"));
  // A line longer than a chunk is split.
  assert.deepEqual(
    torn.map((piece) => piece.slice(26, 29)),
    ["xxx"],
  );
  closeDescriptor(fd);
  listener.close();
});

test("a console that is not read never blocks the process, and lost lines are reported", async () => {
  const path = join(folder, "pipe");
  await new Promise((resolve) => spawn("/usr/bin/mkfifo", [path]).once("close", resolve));
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const code = `
    import { createConsoleSink } from ${JSON.stringify(new URL("./console.js", import.meta.url).href)};
    const sink = createConsoleSink(2);
    const started = performance.now();
    for (let count = 0; count < 20000; count++) sink.write("line " + count);
    process.stdout.write(JSON.stringify({ millis: performance.now() - started, lost: sink.lostLines() }));
    process.stdin.once("data", () => {
      sink.write("the end");
      sink.flush(5000);
      process.exit(0);
    });`;
  // A shell opens the pipe without O_NONBLOCK: a write to it blocks.
  const node = [process.execPath, "--input-type=module", "-e", code];
  const child = spawn("/bin/sh", ["-c", 'p=$1; shift; exec "$@" 2>"$p"', "sh", path, ...node], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const report = JSON.parse(
    String(await new Promise((resolve) => child.stdout.once("data", resolve))),
  ) as { millis: number; lost: number };
  assert.ok(report.lost > 0, "the pipe accepted everything");
  assert.ok(report.millis < 60_000);
  const closed = new Promise((resolve) => child.once("close", resolve));
  // Empty the pipe first, so that there is room for the rest.
  const first = readAll(reader);
  child.stdin.write("go\n");
  let rest = "";
  const timer = setInterval(() => {
    rest += readAll(reader);
  }, 5);
  await closed;
  clearInterval(timer);
  const lines = (first + rest + readAll(reader)).trimEnd().split("\n");
  closeSync(reader);
  assert.match(lines.at(-1) ?? "", /: the end$/);
  assert.match(lines.at(-2) ?? "", new RegExp(`: ${report.lost} lines were lost`));
  assert.equal(lines.filter((line) => /: line \d+$/.test(line)).length, 20_000 - report.lost);
});

test("two processes that share a slow console never block each other", async () => {
  const path = join(folder, "shared");
  await new Promise((resolve) => spawn("/usr/bin/mkfifo", [path]).once("close", resolve));
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const code = `
    import { createConsoleSink } from ${JSON.stringify(new URL("./console.js", import.meta.url).href)};
    const sink = createConsoleSink(2);
    const end = performance.now() + 1500;
    while (performance.now() < end) sink.write("x".repeat(200));
    process.exit(0);`;
  const node = [process.execPath, "--input-type=module", "-e", code];
  const script = 'p=$1; shift; "$@" 2>"$p" & "$@" 2>"$p" & wait';
  const child = spawn("/bin/sh", ["-c", script, "sh", path, ...node], { stdio: "ignore" });
  const buffer = Buffer.alloc(4_096);
  let enough: NodeJS.Timeout | undefined;
  const timer = setInterval(() => {
    try {
      if (readSync(reader, buffer) > 0) enough ??= setTimeout(() => clearInterval(timer), 1_000);
    } catch {
      // Nothing to read yet.
    }
  }, 1);
  const isDone = await Promise.race([
    new Promise((resolve) => child.once("close", () => resolve(true))),
    delay(60_000, false, { ref: false }),
  ]);
  clearTimeout(enough);
  clearInterval(timer);
  closeSync(reader);
  assert.equal(isDone, true, "a writer blocked after the other one filled the pipe");
});

/** Reads all that is in a pipe now. */
function readAll(fd: number): string {
  const buffer = Buffer.alloc(65_536);
  let text = "";
  try {
    for (let octets = -1; octets !== 0; ) {
      octets = readSync(fd, buffer);
      text += buffer.toString("utf8", 0, octets);
    }
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "EAGAIN");
  }
  return text;
}

test("a console without a reader causes no error", () => {
  const fd = openSync("/dev/full", "w");
  const sink = createConsoleSink(fd);
  for (let count = 0; count < 10; count++) sink.write("to nobody");
  closeSync(fd);
  sink.write("to a closed descriptor");
  sink.flush(50);
});
