// @ts-check
// Empties dist, compiles everything into it for the tests, and builds the bundle. Needs node_modules, which
// `scripts/setup.js` installs.

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";

const root = new URL("..", import.meta.url);
rmSync(new URL("dist", root), { recursive: true, force: true });
for (const words of [
  ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"],
  ["scripts/bundle.js"],
]) {
  const { status } = spawnSync(process.execPath, words, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
