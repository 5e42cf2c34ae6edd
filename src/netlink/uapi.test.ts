// The generated constants agree with the kernel headers of this machine.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("generated constants agree with the kernel's headers", (context) => {
  if (!existsSync("/usr/include/linux/rtnetlink.h")) {
    context.skip("the kernel's headers (linux-libc-dev) are not installed");
    return;
  }
  const script = findUpwards("scripts/generate-uapi.js");
  const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
});

/** The path of a file of the project; this test runs from dist. */
function findUpwards(path: string): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const found = join(folder, path);
    if (existsSync(found)) return found;
    assert.notEqual(folder, dirname(folder), `${path} is in no folder above`);
  }
}
