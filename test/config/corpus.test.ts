// Checks the diagnostics and the exit status of every corpus file against its header.

import assert from "node:assert/strict";
import { test } from "node:test";
import { configTestExitCode } from "../../src/config/diagnostic/diagnostic.ts";
import { diagnosticRenderer } from "../../src/config/diagnostic/render.ts";
import { readConfig } from "../../src/config/read-config.ts";
import { prefix } from "../../src/lib/prefix.ts";
import { readCorpus } from "./corpus.ts";
import { fakeFiles, fakeSystem, foundScript } from "./fake-system.ts";

const found = foundScript("/usr/bin/true", { privileged: true });

const onEth0 = { segments: ["eth0"] };

const system = fakeSystem({
  interfaces: {
    lo: { loopback: true },
    eth0: { addresses: [prefix("192.168.7.10/24")] },
    eth1: {},
    mv0: { ...onEth0, addresses: [prefix("192.168.7.20/24")] },
    mv1: onEth0,
  },
  users: [],
  scripts: { "/usr/bin/true": found, "/usr/bin/test": found },
});

for (const { name, what, text, codes, exit } of readCorpus()) {
  test(`${name}: ${what}`, () => {
    const result = readConfig({ path: name, readFile: fakeFiles({ [name]: text }), system });
    const { config, diagnostics, sources } = result;
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      codes,
    );
    assert.equal(configTestExitCode(diagnostics), exit);
    assert.equal(
      config === undefined,
      diagnostics.some(({ grade }) => grade === "fatal"),
    );
    const render = diagnosticRenderer(sources);
    for (const diagnostic of diagnostics) {
      const rendered = render(diagnostic).text;
      assert.ok(rendered.startsWith(`${name}:`), rendered);
      assert.equal(
        diagnostic.line > 0,
        rendered.includes("\n"),
        "a diagnostic with a line shows the line",
      );
    }
  });
}
