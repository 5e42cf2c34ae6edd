// Runs the demo as a user would.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { describe } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../../lab/clock.ts";
import { argumentsOf, listProcesses } from "../../lab/processes.ts";
import { isMuch, measureHoldUp } from "../support/hold-up.ts";
import { test } from "../support/timed-test.ts";

const demo = fileURLToPath(new URL("../../lab/demo.js", import.meta.url));

interface Run {
  readonly child: ChildProcess;
  readonly text: () => string;
  readonly ended: Promise<number | null>;
}

function runDemo(): Run {
  const child = spawn(process.execPath, [demo], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, text: () => text, ended };
}

/** The remaining processes of the lab hosts that the demo `pid` created. */
function hostsOf(pid: number): number[] {
  const isLabel = (word: string): boolean => word.startsWith(`hf-${pid}-`);
  return listProcesses()
    .filter((process) => argumentsOf(process.pid).some(isLabel))
    .map((process) => process.pid);
}

/** Parses `0.4 ms`, `1.64 s` or `never` to milliseconds. */
function parseMillis(text: string): number {
  if (text === "never") return 0;
  const [value = "", unit] = text.split(" ");
  return Number(value) * (unit === "s" ? 1000 : 1);
}

describe("the demo", { concurrency: true }, () => {
  test("finishes within 90 s and shows no long time with the address on both nodes", async (t) => {
    const begin = performance.now();
    const stopMeter = measureHoldUp();
    t.after(() => void stopMeter());
    const run = runDemo();
    assert.equal(await run.ended, 0, run.text());
    const millis = performance.now() - begin;
    assert.ok(millis < 90_000 || isMuch(stopMeter()), `took ${millis} ms`);
    const text = run.text();
    assert.ok(!text.includes("\u001b"), "no colours without a terminal");
    const summary = text.slice(text.indexOf("Summary"));
    const heldByBoth = (title: string): number => {
      const row = summary.split("\n").find((line) => line.includes(title));
      return parseMillis(row?.split(/\s{2,}/).at(-1) ?? "no such row");
    };
    for (const title of [
      "r1's daemon is killed",
      "only r1's VRRP process is killed",
      "r1's daemon is frozen",
      "r1 is stopped",
    ]) {
      assert.equal(heldByBoth(title), 0, summary);
    }
    for (const title of ["the higher node starts", "a check fails on r1", "r1 wakes up"]) {
      assert.ok(heldByBoth(title) < 500, summary);
    }
    assert.match(text, /r1 logs: \(VI_1\) Changing effective priority from 99 to 84/);
    assert.deepEqual(hostsOf(run.child.pid ?? 0), []);
  });

  test("ends and removes its lab on Ctrl-C", async () => {
    const run = runDemo();
    await until("the first holder", () =>
      /r[12] holds the address/.test(run.text()) ? true : undefined,
    );
    assert.ok(hostsOf(run.child.pid ?? 0).length > 0);
    run.child.kill("SIGINT");
    assert.equal(await run.ended, 130);
    assert.deepEqual(hostsOf(run.child.pid ?? 0), []);
  });
});
