import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, openSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { readConfigFile } from "./config-files.ts";

const MOST = 1000;

test("a file of the maximum size is read, a larger one is refused", () => {
  const folder = temporaryFolder("config-files");
  const path = join(folder, "a.conf");
  writeFileSync(path, "x".repeat(MOST));
  const whole = readConfigFile(path, MOST);
  assert.equal(whole.kind, "content");
  assert.equal(whole.kind === "content" && Buffer.from(whole.bytes).toString(), "x".repeat(MOST));
  writeFileSync(path, "x".repeat(MOST + 1));
  assert.deepEqual(readConfigFile(path, MOST), { kind: "too-large" });
  truncateSync(path, 1_900_000_000);
  assert.deepEqual(readConfigFile(path, MOST), { kind: "too-large" });
  writeFileSync(path, "");
  assert.equal(readConfigFile(path, MOST).kind, "content");
});

test("only regular files on a disk are read; pipes, devices and files of /proc are refused at once", () => {
  const folder = temporaryFolder("config-files");
  const fifo = join(folder, "fifo");
  execFileSync("mkfifo", [fifo]);
  const link = join(folder, "link");
  symlinkSync("/proc/kmsg", link);
  const reasons = [folder, fifo, "/dev/zero", "/proc/self/status", "/proc/kmsg", link].map(
    (path) => {
      const content = readConfigFile(path, MOST);
      return [content.kind, "reason" in content ? content.reason : ""];
    },
  );
  assert.deepEqual(reasons, [
    ["irregular", "a directory, not a file"],
    ["irregular", "not a regular file"],
    ["irregular", "not a regular file"],
    ["irregular", "a file of the kernel, not a stored one"],
    ["irregular", "a file of the kernel, not a stored one"],
    ["irregular", "a file of the kernel, not a stored one"],
  ]);
});

test("a regular file is also read by its name in /proc/self/fd", (t) => {
  const path = join(temporaryFolder("config-files"), "a.conf");
  writeFileSync(path, "x\n");
  const descriptor = openSync(path, "r");
  t.after(() => closeSync(descriptor));
  assert.equal(readConfigFile(`/proc/self/fd/${descriptor}`, MOST).kind, "content");
});
