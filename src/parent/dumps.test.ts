import assert from "node:assert/strict";
import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import type { Role } from "../process/role.ts";
import { Dumps, writeDump } from "./dumps.ts";

const folder = temporaryFolder("dumps");
let lines: string[] = [];
const log = (_level: string, text: string): void => void lines.push(text);
const former = process.env["TMPDIR"];

beforeEach(() => {
  process.env["TMPDIR"] = folder;
  lines = [];
});

afterEach(() => {
  if (former === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = former;
});

const role: Pick<Role, "renderDump"> = {
  renderDump: async (kind, part, pieces) => {
    return { name: `${kind}.txt`, text: `${String(part)}: ${pieces.join(" ")}` };
  },
};

function read(name: string): string {
  return readFileSync(join(folder, name), "utf8");
}

test("the pieces of a dump become one file, rendered with the configuration at its request", async () => {
  const dumps = new Dumps(log);
  const stats = dumps.begin("stats", role, "first");
  const json = dumps.begin("json", role, "second");
  await dumps.take(stats, "a");
  await dumps.take(json, "b");
  await dumps.take(stats, "c");
  assert.deepEqual(lines, []);
  await dumps.take(json, undefined);
  await dumps.take(stats, undefined);
  assert.deepEqual(lines, [`Written to ${folder}/json.txt`, `Written to ${folder}/stats.txt`]);
  assert.equal(read("stats.txt"), "first: a c");
  assert.equal(read("json.txt"), "second: b");
});

test("dump requests that are never answered are forgotten and do not block later ones", async () => {
  const dumps = new Dumps(log);
  const lost = dumps.begin("data", role, "lost");
  await dumps.take(lost, "piece");
  for (let requests = 0; requests < 50; requests++) dumps.begin("data", role, "more");
  const answered = dumps.begin("data", role, "kept");
  await dumps.take(answered, "whole");
  await dumps.take(answered, undefined);
  assert.equal(read("data.txt"), "kept: whole");
  // Too late, or from a dead child.
  await dumps.take(lost, undefined);
  await dumps.take(answered, undefined);
  await dumps.take(9_999, "unknown");
  assert.equal(lines.length, 1);
});

test("a dump replaces a link at its path, and leaves no temporary file", () => {
  const precious = join(folder, "precious");
  writeFileSync(precious, "precious");
  symlinkSync(precious, join(folder, "linked"));
  writeDump({ name: "linked", text: "dump" }, log);
  assert.equal(readFileSync(precious, "utf8"), "precious");
  assert.equal(read("linked"), "dump");
  assert.ok(statSync(join(folder, "linked")).isFile());
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("linked.")),
    [],
  );
});

test("a dump that cannot be written is logged", () => {
  process.env["TMPDIR"] = join(folder, "missing");
  writeDump({ name: "any", text: "" }, log);
  assert.match(lines.join("\n"), /^Cannot write the dump: ENOENT/);
  assert.ok(!existsSync(join(folder, "missing")));
});
