import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { until } from "./clock.ts";
import { SpoolFile } from "./spool-file.ts";

test("every line comes, in order and whole, however late this process reads it", async () => {
  const spool = new SpoolFile();
  const script = "seq 50000; printf be; sleep 0.1; echo gin; printf 'no end'";
  const child = spawn("sh", ["-c", script], { stdio: ["ignore", spool.fd, "inherit"] });
  // More than any pipe takes: the writer ends all the same.
  await new Promise((resolve) => child.once("close", resolve));
  const lines: string[] = [];
  spool.follow((line) => lines.push(line));
  await until("the last line", () => (lines.includes("begin") ? true : undefined));
  spool.close();
  assert.equal(lines.length, 50_001);
  assert.deepEqual([lines[0], lines[49_999], lines[50_000]], ["1", "50000", "begin"]);
});
