import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../test/support/temporary-folder.ts";
import { parseCommandLine } from "../cli/command-line.ts";
import { ALL_GLOBAL_ROWS, registryOf, SUBSYSTEMS } from "../config/registry.ts";
import { matchByName, type Named, type Subsystem } from "../config/subsystem.ts";
import { runConfigTest } from "./config-test.ts";

/** A faulty subsystem: its object has no name. */
const NAMELESS: Subsystem = {
  name: "play",
  blocks: [],
  lists: { toys: { block: "toy", match: matchByName } },
  resolve: () => ({ toys: [{} as Named] }),
};

test("-t refuses what the parent would refuse of the reader's messages", () => {
  const folder = temporaryFolder("config-test");
  const [config, log] = [join(folder, "k.conf"), join(folder, "log")];
  writeFileSync(config, "global_defs {\n  router_id a\n}\n");
  const commandLine = parseCommandLine([`-t${log}`, "-f", config], {
    programName: "holdfast",
    holdfastVersion: "0.0.0",
    realtimeSignals: { min: 34, max: 64 },
  });
  assert.ok(commandLine.kind !== "answer");
  assert.equal(runConfigTest(commandLine.options, undefined), 0);
  assert.equal(readFileSync(log, "utf8"), "");
  const registry = registryOf([...SUBSYSTEMS, NAMELESS], ALL_GLOBAL_ROWS);
  assert.equal(runConfigTest(commandLine.options, registry), 5);
  assert.equal(
    readFileSync(log, "utf8"),
    "The configuration cannot be read: config.play.toys[0].name is not text\n",
  );
});
