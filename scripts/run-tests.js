// @ts-check
// Runs the compiled tests: unit tests in parallel, on this Node and on the long-term one, then the lab tests one by one.
// Arguments: parts of file names, one of which must match; options are passed to Node's test runner.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endAs, runProgram } from "./run.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

/** The limit for a file and for each test in it: only for tests that hang, more than enough for a slow machine. */
const timeoutSeconds = 900;

/** Folders of tests that run one at a time. */
const alone = /^test\/(lab|interop|vm)\//;

/** Tests in virtual machines: they run only if the set-up has fetched kernels, and then exclusively. */
const inMachine = /^test\/vm\//;
const isMachineRun = process.env.HOLDFAST_KERNELS !== undefined;

/**
 * @typedef {{ name: string, node: string, files: string[], concurrency: number, timeoutSeconds: number,
 *   cannotRun: string | undefined }} Suite
 * @typedef {{ suite: Suite, passed: number, failed: number, skipped: string[], retried: string[], seconds: number,
 *   end: import("./run.js").End | undefined }} Outcome
 */

/** The test files of this run, sorted, as paths below dist. */
function findTestFiles() {
  return readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.js") && inMachine.test(path) === isMachineRun)
    .sort();
}

/** @param {readonly string[]} patterns @returns {Suite[]} */
function planSuites(patterns) {
  const { HOLDFAST_LTS_NODE, HOLDFAST_NO_LTS, HOLDFAST_NO_LAB } = process.env;
  const matches = (/** @type {string} */ path) =>
    patterns.length === 0 || patterns.some((pattern) => path.includes(pattern));
  const files = findTestFiles().filter(matches);
  const unit = files.filter((path) => !alone.test(path));
  const lab = files.filter((path) => alone.test(path));
  const side = { concurrency: availableParallelism(), timeoutSeconds, files: unit };
  const suites = [
    { ...side, name: "unit", node: process.execPath, cannotRun: undefined },
    {
      ...side,
      name: "unit, long-term Node",
      // No second run if this process already runs that line.
      files: HOLDFAST_LTS_NODE === undefined && HOLDFAST_NO_LTS === undefined ? [] : unit,
      node: HOLDFAST_LTS_NODE ?? "",
      cannotRun: HOLDFAST_NO_LTS,
    },
    {
      name: "lab",
      node: process.execPath,
      files: lab,
      concurrency: 1,
      timeoutSeconds,
      cannotRun: HOLDFAST_NO_LAB,
    },
  ];
  return suites.filter((suite) => suite.files.length > 0);
}

/** Reads the counts from the runner's TAP output. @param {string} tap */
function readTap(tap) {
  const count = (/** @type {string} */ word) =>
    Number(new RegExp(`^# ${word} (\\d+)$`, "m").exec(tap)?.[1] ?? 0);
  const skipped = [...tap.matchAll(/^\s*(?:not )?ok \d+ - (.*) # SKIP ?(.*)$/gm)];
  return {
    passed: count("pass"),
    failed: count("fail") + count("cancelled"),
    skipped: skipped.map(([, name, why]) => (why ? `${name}: ${why}` : `${name}`)),
    // Lines of test/support/timed-test.ts about a slow machine.
    retried: [...tap.matchAll(/^\s*# (tried again: .*)$/gm)].map(([, line]) => `${line}`),
  };
}

/** @param {Suite} suite @param {readonly string[]} words @returns {Promise<Outcome>} */
async function runSuite(suite, words) {
  const start = performance.now();
  if (suite.cannotRun !== undefined) {
    return { suite, passed: 0, failed: 0, skipped: [], retried: [], seconds: 0, end: undefined };
  }
  const folder = mkdtempSync(join(tmpdir(), "holdfast-tests-"));
  const tapPath = join(folder, "tap");
  const reporters = [
    ...["--test-reporter=spec", "--test-reporter-destination=stdout"],
    ...["--test-reporter=tap", `--test-reporter-destination=${tapPath}`],
  ];
  const limits = [
    `--test-concurrency=${suite.concurrency}`,
    `--test-timeout=${suite.timeoutSeconds * 1000}`,
  ];
  const argv = [suite.node, "--enable-source-maps", "--test", ...reporters, ...limits, ...words];
  try {
    const end = await runProgram([...argv, ...suite.files.map((file) => join(dist, file))]);
    const counts = readTap(readFileSync(tapPath, "utf8"));
    return { suite, ...counts, seconds: (performance.now() - start) / 1000, end };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {string} text */
function print(text) {
  process.stdout.write(`${text}\n`);
}

/** @param {readonly Outcome[]} outcomes */
function summarize(outcomes) {
  print("");
  for (const { suite, passed, failed, skipped, retried, seconds } of outcomes) {
    if (suite.cannotRun !== undefined) print(`${suite.name}: CANNOT RUN: ${suite.cannotRun}`);
    else {
      const counts = `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
      print(`${suite.name}: ${counts}, ${seconds.toFixed(0)} s`);
    }
    for (const line of skipped) print(`  skipped: ${line}`);
    for (const line of retried) print(`  ${line}`);
  }
  const sum = (/** @type {(outcome: Outcome) => number} */ of) =>
    outcomes.reduce((total, outcome) => total + of(outcome), 0);
  const unable = outcomes.filter(({ suite }) => suite.cannotRun !== undefined).length;
  const total = [
    `${sum((outcome) => outcome.passed)} passed`,
    `${sum((outcome) => outcome.failed)} failed`,
    `${sum((outcome) => outcome.skipped.length)} skipped`,
    ...(unable === 0 ? [] : [`${unable} could not run`]),
  ];
  print(`holdfast: ${total.join(", ")}`);
}

const words = process.argv.slice(2);
const suites = planSuites(words.filter((word) => !word.startsWith("-")));
if (suites.length === 0) {
  print(`no test file matches ${words.join(" ")}`);
  process.exit(1);
}
/** @type {Outcome[]} */
const outcomes = [];
for (const suite of suites) {
  const where = suite.node === process.execPath ? process.version : suite.node;
  print(`\n== ${suite.name}: ${suite.files.length} files, Node ${where}`);
  const outcome = await runSuite(
    suite,
    words.filter((word) => word.startsWith("-")),
  );
  outcomes.push(outcome);
  if (outcome.end?.forwarded !== undefined || outcome.end?.signal) {
    summarize(outcomes);
    endAs({ ...outcome.end, signal: outcome.end.signal ?? outcome.end.forwarded ?? null });
  }
}
summarize(outcomes);
const isUnable = suites.some((suite) => suite.cannotRun !== undefined);
// In CI an incomplete run is a failure.
const isBad = outcomes.some(
  ({ end, passed }) => end !== undefined && (end.code !== 0 || passed === 0),
);
process.exit(isBad || (isUnable && process.env.CI) ? 1 : 0);
