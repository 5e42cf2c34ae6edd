// @ts-check
// Writes docs/configuration.md from the compiled keyword tables: run it after a build when a table has changed.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const root = new URL("..", import.meta.url);
const tables = new URL("dist/src/config/keyword/manual.js", root);
const { parseKnownKeywords, renderManual } = await import(tables.href);
const known = readFileSync(new URL("src/config/keyword/keywords.tsv", root), "utf8");
mkdirSync(new URL("docs/", root), { recursive: true });
writeFileSync(new URL("docs/configuration.md", root), renderManual(parseKnownKeywords(known)));
