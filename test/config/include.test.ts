// Included files: order, paths, missing files and limits.

import assert from "node:assert/strict";
import { test } from "node:test";
import { configTestExitCode } from "../../src/config/diagnostic/diagnostic.ts";
import { diagnosticRenderer } from "../../src/config/diagnostic/render.ts";
import type { ReadFile } from "../../src/config/language/read-file.ts";
import { type ReadConfigResult, readConfig } from "../../src/config/read-config.ts";
import { fakeDirectories, fakeFiles, fakeSystem } from "./fake-system.ts";

const INSTANCE =
  "vrrp_instance VI_1 {\ninterface eth0\nvirtual_router_id 5\nvirtual_ipaddress {\n10.0.0.1\n}\n}\n";

function read(files: Readonly<Record<string, string>>, readFile?: ReadFile): ReadConfigResult {
  return readConfig({
    path: "/etc/k/k.conf",
    readFile: readFile ?? fakeFiles(files),
    listDirectory: fakeDirectories(files),
    system: fakeSystem(),
  });
}

test("reads included files in place, sorted by name", () => {
  const { config, diagnostics, sources } = read({
    "/etc/k/k.conf": "include conf.d/*.conf\n",
    "/etc/k/conf.d/2.conf": INSTANCE,
    "/etc/k/conf.d/1.conf": "global_defs {\nvrrp_garp_master_repeat 2\n}\n",
    "/etc/k/conf.d/3.txt": "garbage\n",
  });
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    [...sources.keys()],
    ["/etc/k/k.conf", "/etc/k/conf.d/1.conf", "/etc/k/conf.d/2.conf"],
  );
  assert.equal(config?.vrrp.instances[0]?.garp.masterRepeat, 2);
});

test("resolves a relative pattern beside the including file", () => {
  const { config } = read({
    "/etc/k/k.conf": "include more/a.conf\n",
    "/etc/k/more/a.conf": "include b.conf\n",
    "/etc/k/more/b.conf": INSTANCE,
  });
  assert.equal(config?.vrrp.instances.length, 1);
});

test("allows includes inside a block and for some nodes only", () => {
  const { config } = read({
    "/etc/k/k.conf":
      "vrrp_instance VI_1 {\n  include common.conf\n  @node1 include own.conf\n  @node2 include other.conf\n}\n",
    "/etc/k/common.conf": "interface eth0\nvirtual_router_id 5\nvirtual_ipaddress {\n10.0.0.1\n}\n",
    "/etc/k/own.conf": "priority 77\n",
    "/etc/k/other.conf": "priority 11\n",
  });
  assert.equal(config?.vrrp.instances[0]?.priority, 77);
});

test("reports errors in an included file at their place", () => {
  const { diagnostics, sources } = read({
    "/etc/k/k.conf": `${INSTANCE}include a.conf\n`,
    "/etc/k/a.conf": "global_defs {\n  router_idd x\n}\n",
  });
  assert.deepEqual(
    diagnostics.map((diagnostic) => diagnosticRenderer(sources)(diagnostic).text),
    [
      "/etc/k/a.conf:2:3: error: global_defs: 'router_idd' is not a keyword here\n    router_idd x\n    ^^^^^^^^^^\n  did you mean 'router_id'?",
    ],
  );
});

test("a missing file is an error, a pattern without a match is not", () => {
  const plain = read({ "/etc/k/k.conf": `${INSTANCE}include nope.conf\ninclude nope*.conf\n` });
  assert.deepEqual(
    plain.diagnostics.map(({ code, line }) => [code, line]),
    [["include-missing", 8]],
  );
  assert.ok(plain.config !== undefined);
  assert.equal(configTestExitCode(plain.diagnostics), 0);
});

test("the strict variants are fatal, each in its own cases", () => {
  const outcome = (line: string): string[] =>
    read({ "/etc/k/k.conf": `${INSTANCE}${line}\n`, "/etc/k/a.conf": "" }).diagnostics.map(
      ({ code }) => code,
    );
  assert.deepEqual(outcome("includer nope.conf"), ["include-missing"]);
  assert.deepEqual(outcome("includem nope.conf"), ["include-failed"]);
  assert.deepEqual(outcome("includem nope*.conf"), []);
  assert.deepEqual(outcome("includew nope*.conf"), ["include-failed"]);
  assert.deepEqual(outcome("includeb {a,nope}.conf"), ["include-failed"]);
  assert.deepEqual(outcome("includem {a,nope}.conf"), ["include-missing"]);
  assert.deepEqual(outcome("includea nope*.conf"), ["include-failed"]);
  const { diagnostics } = read({ "/etc/k/k.conf": "includea nope.conf\n" });
  assert.equal(configTestExitCode(diagnostics), 6);
});

test("does not include an executable file", () => {
  const files = {
    "/etc/k/k.conf": `${INSTANCE}include a.conf\n`,
    "/etc/k/a.conf": "global_defs {\n}\n",
  };
  const plain = fakeFiles(files);
  const { diagnostics } = read(files, (path) => {
    const content = plain(path);
    return content.kind === "content" && path.endsWith("a.conf")
      ? { ...content, executable: true }
      : content;
  });
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ["include-unreadable"],
  );
});

test("refuses a file that includes itself", () => {
  const one = read({ "/etc/k/k.conf": `${INSTANCE}include k.conf\n` });
  assert.equal(one.config, undefined);
  assert.deepEqual(
    one.diagnostics.map(({ code }) => code),
    ["include-too-deep"],
  );
  const two = read({ "/etc/k/k.conf": "include k.conf\ninclude k.conf\ninclude k.conf\n" });
  assert.equal(two.config, undefined);
});

test("limits the total size of all files", () => {
  const files = {
    "/etc/k/k.conf": "include big.conf\n".repeat(20),
    "/etc/k/big.conf": "# filler\n".repeat(200_000),
  };
  const { config, diagnostics } = read(files);
  assert.equal(config, undefined);
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ["file-too-large"],
  );
});

test("refuses files whose name contains a new line", () => {
  const included = read({
    "/etc/k/k.conf": `${INSTANCE}include conf.d/*\n`,
    "/etc/k/conf.d/1\n2.conf": "",
  });
  assert.equal(included.config, undefined);
  const line = INSTANCE.split("\n").length;
  assert.deepEqual(
    included.diagnostics.map((found) => [found.code, found.line, found.message]),
    [["file-name", line, "'/etc/k/conf.d/1\n2.conf' cannot be used: its name contains a new line"]],
  );
  assert.deepEqual([...included.sources.keys()], ["/etc/k/k.conf"]);
});
