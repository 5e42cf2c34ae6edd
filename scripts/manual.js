// @ts-check
// Generates docs/configuration.md from the compiled keyword tables. Run it after a build if a table has changed.

import { mkdirSync, writeFileSync } from "node:fs";

const root = new URL("..", import.meta.url);
const { renderManual } = await import(new URL("dist/src/config/keyword/manual.js", root).href);
const { REGISTRY } = await import(new URL("dist/src/config/registry.js", root).href);
mkdirSync(new URL("docs/", root), { recursive: true });
writeFileSync(new URL("docs/configuration.md", root), renderManual(REGISTRY.root.rows));
