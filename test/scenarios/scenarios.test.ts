// Plays the scenarios and compares the results with the files. `HOLDFAST_WRITE_SCENARIOS=1` rewrites the files.

import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { repositoryRoot } from "../support/repository.ts";
import { play } from "./transcript.ts";

const folder = join(repositoryRoot(), "test/scenarios");

/** The text of each scenario, by title. */
function scenesOf(text: string): Map<string, string> {
  const scenes = text.split(/^(?=## )/m).slice(1);
  return new Map(scenes.map((scene) => [scene.slice(3, scene.indexOf("\n")), scene]));
}

for (const file of readdirSync(folder).filter((name) => name.endsWith(".txt"))) {
  const path = join(folder, file);
  const before = readFileSync(path, "utf8");
  const after = play(before);
  if (process.env["HOLDFAST_WRITE_SCENARIOS"] === "1") writeFileSync(path, after);
  describe(file, () => {
    const played = scenesOf(after);
    for (const [title, scene] of scenesOf(before)) {
      test(title, () => {
        assert.ok(/^ {2}\S/m.test(scene), "the scenario has no results");
        assert.equal(played.get(title), scene);
      });
    }
  });
}
