import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { until } from "./clock.ts";
import { SpoolFile } from "./spool-file.ts";

test("delivers every line whole and in order, even if read late", async () => {
  const spool = new SpoolFile();
  const script = "seq 50000; printf be; sleep 0.1; echo gin; printf 'no end'";
  const child = spawn("sh", ["-c", script], { stdio: ["ignore", spool.fd, "inherit"] });
  // More than a pipe can buffer, yet the writer ends before anything is read.
  await new Promise((resolve) => child.once("close", resolve));
  const lines: string[] = [];
  spool.follow((line) => lines.push(line));
  await until("the last line", () => (lines.includes("begin") ? true : undefined));
  spool.close();
  assert.equal(lines.length, 50_001);
  assert.deepEqual([lines[0], lines[49_999], lines[50_000]], ["1", "50000", "begin"]);
});
