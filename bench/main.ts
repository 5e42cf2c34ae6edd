// `npm run bench`: measures holdfast and keepalived side by side, prints a table and checks the targets.
// Exits with 1 if a target is missed and with 2 if the command line is invalid.

import { writeFileSync } from "node:fs";
import { arch, cpus, loadavg, release } from "node:os";
import { createLab } from "../lab/lab.ts";
import { measureChecks } from "./checks.ts";
import { measureGaps } from "./gaps.ts";
import { measureLoad } from "./load.ts";
import { type BenchOptions, defaultRounds, parseBenchOptions, usage } from "./options.ts";
import { measureReload } from "./reload.ts";
import type { Report } from "./report.ts";
import { measureScale } from "./scale.ts";
import { type Side, sides, versionOf } from "./sides.ts";
import { measureStart } from "./start.ts";
import { type Row, renderTable, verdictOf } from "./table.ts";

const startedAt = performance.now();

function print(text: string): void {
  process.stdout.write(text);
}

function progress(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  process.stderr.write(`[${seconds.padStart(4)} s] ${text}\n`);
}

async function findVersions(): Promise<{ readonly [side in Side]: string }> {
  const lab = await createLab({ name: "versions", watchAddresses: false });
  try {
    const host = await lab.addHost("any");
    const [holdfast = "", keepalived = ""] = await Promise.all(
      sides.map((side) => versionOf(host, side)),
    );
    return { holdfast, keepalived };
  } finally {
    await lab.close();
  }
}

async function measure(options: BenchOptions, report: Report): Promise<void> {
  const { only, rounds } = options;
  const wanted = { cpu: only.includes("cpu"), memory: only.includes("memory") };
  if (only.includes("start") || wanted.memory) {
    await measureStart(rounds, { start: only.includes("start"), memory: wanted.memory }, report);
  }
  if (only.includes("gaps")) await measureGaps(rounds, report);
  if (wanted.cpu || wanted.memory) await measureLoad(rounds, wanted, report);
  if (only.includes("checks")) await measureChecks(rounds, report);
  if (only.includes("scale")) await measureScale(report);
  if (only.includes("reload")) await measureReload(rounds, report);
}

function loadNow(): string {
  return loadavg()
    .map((value) => value.toFixed(2))
    .join(" ");
}

/** JSON has no infinite numbers. */
function endlessAsText(_key: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? "endless" : value;
}

async function main(options: BenchOptions): Promise<number> {
  const versions = await findVersions();
  const machine = {
    node: process.version,
    kernel: release(),
    arch: arch(),
    processors: cpus().length,
    model: cpus()[0]?.model ?? "",
    loadBefore: loadNow(),
  };
  const rows: Row[] = [];
  const notes: string[] = [];
  const note = (text: string): void => {
    notes.push(text);
    progress(text);
  };
  if (options.rounds < defaultRounds) {
    note(`${options.rounds} rounds: the median of fewer than ${defaultRounds} is unreliable`);
  }
  let isComplete = true;
  try {
    await measure(options, { progress, note, row: (row) => rows.push(row) });
  } catch (error) {
    isComplete = false;
    note(`aborted: ${(error as Error).stack ?? error}`);
  }
  print(`\n${versions.holdfast} and ${versions.keepalived}\n`);
  print(
    `Node ${machine.node}, Linux ${machine.kernel}, ${machine.processors} × ${machine.model}\n`,
  );
  print(`load average before ${machine.loadBefore}, after ${loadNow()}\n\n`);
  print(renderTable(rows));
  for (const text of notes) print(`note: ${text}\n`);
  const missed = rows.filter((row) => verdictOf(row) === "FAIL");
  const asserted = rows.filter((row) => row.target !== undefined);
  print(`\n${asserted.length - missed.length} of ${asserted.length} targets met\n`);
  if (options.json !== undefined) {
    const results = rows.map((row) => ({
      ...row,
      target: row.target?.text,
      verdict: verdictOf(row),
    }));
    const value = { versions, machine: { ...machine, loadAfter: loadNow() }, results, notes };
    writeFileSync(options.json, `${JSON.stringify(value, endlessAsText, 2)}\n`);
  }
  return missed.length === 0 && isComplete && asserted.length > 0 ? 0 : 1;
}

const options = parseBenchOptions(process.argv.slice(2));
if (typeof options === "string") {
  process.stderr.write(`${options}\n${usage}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await main(options);
}
