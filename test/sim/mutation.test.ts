// The simulation detects faults in the production code: each mutation of the compiled program violates a rule in some
// seed.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repositoryRoot } from "../support/repository.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import type { Violation } from "./violation.ts";

interface Mutation {
  readonly name: string;
  readonly file: string;
  /** Text that occurs once in the compiled file, and its replacement. */
  readonly from: string;
  readonly to: string;
  readonly rule: Violation["rule"];
  readonly seeds: number;
  /** Leases would hide the fault. */
  readonly isWithoutLeases?: boolean;
}

const MUTATIONS: readonly Mutation[] = [
  {
    name: "the performer skips removals",
    file: "processes/vrrp/perform.js",
    from: "this.#ports.removeAddresses(removed)",
    to: "void removed",
    rule: "address without being active",
    seeds: 20,
  },
  {
    name: "a process is resumed twice too often",
    file: "parent/respawn.js",
    from: "const RESUMES_IN_WINDOW = 2",
    to: "const RESUMES_IN_WINDOW = 4",
    rule: "resumed too often",
    seeds: 40,
  },
  {
    name: "a process may be resumed long after its peers stopped waiting",
    file: "vrrp/router/timing.js",
    from: "+ wait - RESUME_MARGIN",
    to: "+ wait + 20_000_000",
    rule: "addresses of a dead process",
    seeds: 150,
    isWithoutLeases: true,
  },
  {
    name: "the watchdog never finds a frozen process",
    file: "process/watchdog.js",
    from: "left < 0 && !wasDelayed",
    to: "left < 0 && false",
    rule: "not settled",
    seeds: 50,
  },
];

const root = repositoryRoot();
const copy = temporaryFolder("mutation");
for (const part of ["src", "test"]) {
  cpSync(join(root, "dist", part), join(copy, "dist", part), { recursive: true });
}
cpSync(join(root, "package.json"), join(copy, "package.json"));
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));

/** Looks for a violation in the program at `folder`; status 0 if there is one, 3 if there is none. */
function find({ rule, seeds, isWithoutLeases }: Mutation, folder: string): unknown {
  const program = join(folder, "dist/test/sim/find-violation.js");
  const words = [rule, String(seeds), ...(isWithoutLeases === true ? ["off"] : [])];
  const { status, stderr } = spawnSync(process.execPath, [program, ...words]);
  return { status, stderr: stderr.toString() };
}

for (const mutation of MUTATIONS) {
  const { name, file, from, to } = mutation;
  test(`the simulation detects that ${name}`, () => {
    const path = join(copy, "dist/src", file);
    const original = readFileSync(path, "utf8");
    const pieces = original.split(from);
    assert.equal(pieces.length, 2, `${file} has "${from}" once`);
    assert.deepEqual(find(mutation, copy), { status: 3, stderr: "" }, "the program as it is");
    writeFileSync(path, pieces.join(to));
    try {
      assert.deepEqual(find(mutation, copy), { status: 0, stderr: "" });
    } finally {
      writeFileSync(path, original);
    }
  });
}
