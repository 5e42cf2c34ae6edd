// Fuzz targets for the configuration: any input results in a configuration or in diagnostics.

import assert from "node:assert/strict";
import { CODES, configTestExitCode, gradeOf } from "../../src/config/diagnostic/diagnostic.ts";
import { diagnosticRenderer } from "../../src/config/diagnostic/render.ts";
import { requote } from "../../src/config/language/requote.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { config as problemOf } from "../../src/processes/config-reader/check-config.ts";
import { readCorpus } from "../config/corpus.ts";
import { fakeFiles, fakeSystem } from "../config/fake-system.ts";
import type { FuzzTarget } from "./fuzz.ts";

const system = fakeSystem();

/** Reads `content` and checks the invariants of every result. */
export function checkConfig(content: Uint8Array | string): void {
  const { config, diagnostics, sources } = readConfig({
    path: "fuzz.conf",
    readFile: fakeFiles({ "fuzz.conf": content }),
    system,
  });
  const isFatal = diagnostics.some(({ grade }) => grade === "fatal");
  assert.equal(config === undefined, isFatal, "no configuration if and only if a problem is fatal");
  const source = sources.get("fuzz.conf") ?? "";
  const lines = source.split("\n");
  const render = diagnosticRenderer(sources);
  for (const diagnostic of diagnostics) {
    const { code, line, column, length, message, grade } = diagnostic;
    assert.ok(code in CODES);
    assert.ok(grade === gradeOf(code) || grade === "fatal", "config_strict makes errors fatal");
    assert.ok(!message.includes("\n"));
    const text = line === 0 ? "" : (lines[line - 1] ?? assert.fail(`no line ${line}`));
    assert.ok(column >= 1 && length >= 1 && column + length - 1 <= Math.max(text.length, 1));
    assert.ok(render(diagnostic).text.startsWith("fuzz.conf:"));
  }
  assert.ok([0, 2, 4, 5, 6].includes(configTestExitCode(diagnostics)));
  if (config === undefined) return;
  assert.equal(problemOf(config), undefined, "the parent accepts what the reader makes");
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.global.vrrpProcess));
  for (const instance of config.vrrp.instances) {
    assert.ok(instance.virtualRouterId >= 1 && instance.virtualRouterId <= 255);
    assert.ok(instance.priority >= 1 && instance.priority <= 255);
    assert.ok(instance.addresses.length <= 255);
    assert.ok(Number.isSafeInteger(instance.advertIntMicros) && instance.advertIntMicros > 0);
    const unit = instance.version === 2 ? 1_000_000 : 10_000;
    assert.equal(instance.advertIntMicros % unit, 0, "the interval fits into an advert");
  }
}

export const CONFIG_TARGETS: readonly FuzzTarget[] = [
  {
    name: "keepalived.conf",
    seeds: readCorpus().map(({ text }) => new TextEncoder().encode(text)),
    check: checkConfig,
  },
  {
    name: "quoted commands",
    seeds: [new TextEncoder().encode(String.raw`script "a 'b c' \x41\101\cA" user`)],
    check: (bytes) => {
      const text = new TextDecoder().decode(bytes);
      for (const escapes of [false, true]) {
        const result = requote(text, escapes);
        if (result.kind === "words") assert.ok(result.words.length <= text.length);
      }
    },
  },
];
