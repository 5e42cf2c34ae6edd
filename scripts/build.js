// @ts-check
// Empties dist and compiles everything into it. Needs node_modules; `scripts/setup.js` brings them.

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";

const root = new URL("..", import.meta.url);
rmSync(new URL("dist", root), { recursive: true, force: true });
const tsc = spawnSync(
  process.execPath,
  [
    new URL("node_modules/typescript/bin/tsc", root).pathname,
    "-p",
    new URL("tsconfig.json", root).pathname,
  ],
  { stdio: "inherit" },
);
process.exit(tsc.status ?? 1);
