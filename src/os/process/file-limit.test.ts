import assert from "node:assert/strict";
import { test } from "node:test";
import { createScriptRunner, type ScriptRunner } from "../script/child-process.ts";
import { readOwnCredentials } from "../script/script-credentials.ts";
import { parseSoftFileLimit, storedFileLimit } from "./file-limit.ts";

const { uid, gid, groups } = readOwnCredentials();

function output(runner: ScriptRunner, argv: readonly string[]): Promise<string> {
  const command = {
    text: argv.join(" "),
    argv,
    uid,
    gid,
    supplementaryGroups: groups,
    refusal: undefined,
  };
  const request = { timeoutMicros: 0, captureOctets: 10_000 };
  return new Promise((resolve) => {
    runner.startScript(command, request, ({ output: octets }) => resolve(octets.toString()));
  });
}

test("the stored limit is a number or undefined", () => {
  const stored = (text: string | undefined): number | undefined =>
    storedFileLimit({ HOLDFAST_FILE_LIMIT: text });
  assert.equal(stored("700"), 700);
  assert.equal(stored("unlimited"), Number.MAX_SAFE_INTEGER);
  for (const text of [undefined, "", "-1", "7x", "1e3", " 700", "9".repeat(30)]) {
    assert.equal(stored(text), undefined, text);
  }
});

test("the limit is parsed from /proc/PID/limits, with the kernel's default if it is missing", () => {
  const header = "Limit                     Soft Limit           Hard Limit           Units     \n";
  const line = (soft: string): string =>
    `${header}Max processes             15000                15000                processes \nMax open files            ${soft}                1048576              files     \n`;
  assert.equal(parseSoftFileLimit(line("700")), 700);
  assert.equal(parseSoftFileLimit(line("unlimited")), Number.MAX_SAFE_INTEGER);
  assert.equal(parseSoftFileLimit(header), 1024);
});

test("scripts get the stored limit, and the process that starts them keeps its own", async () => {
  const limits = async (stored: string | undefined): Promise<string[]> => {
    const environment = { PATH: process.env["PATH"], HOLDFAST_FILE_LIMIT: stored };
    const runner = createScriptRunner({ environment });
    const text = await output(runner, ["/bin/sh", "-c", "ulimit -Sn; ulimit -Hn; env"]);
    assert.doesNotMatch(text, /HOLDFAST/);
    return text.split("\n").slice(0, 2);
  };
  const [raised, hard] = await limits(undefined);
  assert.deepEqual(await limits("700"), ["700", hard]);
  assert.deepEqual(await limits("unlimited"), [hard, hard]);
  assert.deepEqual(await limits("4000000000"), [hard, hard], "no more than the hard limit");
  assert.deepEqual(await limits("-3"), [raised, hard]);

  // With the limit of these scripts, the process could not open a pipe for each output.
  const environment = { PATH: process.env["PATH"], HOLDFAST_FILE_LIMIT: "20" };
  const runner = createScriptRunner({ environment });
  const text = "sleep 1; ulimit -Sn";
  const ends = await Promise.all(
    Array.from({ length: 30 }, () => output(runner, ["/bin/sh", "-c", text])),
  );
  assert.deepEqual(new Set(ends), new Set(["20\n"]));
});
