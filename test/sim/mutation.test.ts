// The simulation finds faults in the production code: each mutation of the compiled program breaks a rule in some seed.

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
  /** Text of the compiled file, which it has once, and what stands there instead. */
  readonly from: string;
  readonly to: string;
  readonly rule: Violation["rule"];
  readonly seeds: number;
  /** Leases would hide it. */
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
    seeds: 200,
  },
  {
    name: "a process may be resumed long after its peers stopped waiting",
    file: "processes/vrrp/role.js",
    from: "+ wait - RESUME_MARGIN_MICROS",
    to: "+ wait + 20_000_000",
    rule: "addresses of a dead process",
    seeds: 400,
    isWithoutLeases: true,
  },
  {
    name: "the watchdog never finds a frozen process",
    file: "process/watchdog.js",
    from: "left < 0 && !wasHeldUp",
    to: "left < 0 && false",
    rule: "not settled",
    seeds: 100,
  },
];

const root = repositoryRoot();

for (const { name, file, from, to, rule, seeds, isWithoutLeases } of MUTATIONS) {
  test(`it is found that ${name}`, () => {
    const folder = temporaryFolder("mutation");
    cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
    cpSync(join(root, "package.json"), join(folder, "package.json"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const path = join(folder, "dist/src", file);
    const pieces = readFileSync(path, "utf8").split(from);
    assert.equal(pieces.length, 2, `${file} has "${from}" once`);
    writeFileSync(path, pieces.join(to));
    const words = [rule, String(seeds), ...(isWithoutLeases === true ? ["off"] : [])];
    const find = (at: string): unknown => {
      const program = join(at, "dist/test/sim/find-violation.js");
      const { status, stderr } = spawnSync(process.execPath, [program, ...words]);
      return { status, stderr: stderr.toString() };
    };
    assert.deepEqual(find(folder), { status: 0, stderr: "" });
    assert.deepEqual(find(root), { status: 3, stderr: "" }, "the program as it is");
  });
}
