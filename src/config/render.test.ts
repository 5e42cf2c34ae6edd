// What people see for the mistakes that people make.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeFiles, fakeSystem } from "../../test/config/fake-system.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { readConfig } from "./read-config.ts";
import { renderDiagnostic, renderLogLine } from "./render.ts";

const GOOD = `vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.168.7.120/24
    }
}
`;

function rendered(text: string): string[] {
  const readFile = fakeFiles({ "k.conf": text });
  const { diagnostics, sources } = readConfig({ path: "k.conf", readFile, system: fakeSystem() });
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, sources.get("k.conf")));
}

test("a misspelt keyword says what was meant", () => {
  assert.deepEqual(rendered(GOOD.replace("interface", "\tintreface eth0\n    interface")), [
    `k.conf:2:6: error: vrrp_instance VI_1: 'intreface' is not a keyword here
      \tintreface eth0
      \t^^^^^^^^^
  did you mean 'interface'?`,
  ]);
});

test("a keyword in the wrong block says where it belongs", () => {
  assert.deepEqual(rendered(`virtual_router_id 51\n${GOOD}`), [
    `k.conf:1:1: error: 'virtual_router_id' is not a keyword here; it belongs in vrrp_instance
  virtual_router_id 51
  ^^^^^^^^^^^^^^^^^`,
  ]);
});

test("a missing brace is shown at the block that isn't closed", () => {
  assert.deepEqual(rendered(GOOD.replace("    }\n", "")), [
    `k.conf:4:5: fatal: 1 '}' missing: this block is not closed
      virtual_ipaddress {
      ^^^^^^^^^^^^^^^^^`,
  ]);
});

test("an interface that isn't there is shown, with the one that was meant", () => {
  assert.deepEqual(rendered(GOOD.replace("eth0", "eht0")), [
    `k.conf:2:15: fatal: vrrp_instance VI_1: there is no interface 'eht0'
      interface eht0
                ^^^^
  did you mean 'eth0'?`,
  ]);
});

test("a VRID that is taken names the other instance", () => {
  assert.deepEqual(rendered(GOOD + GOOD.replace("VI_1", "VI_2").replace(".120", ".121")), [
    `k.conf:10:23: fatal: vrrp_instance VI_2: instance 'VI_1' has VRID 51 on 'eth0' too
      virtual_router_id 51
                        ^^`,
  ]);
});

test("garbage is no configuration", () => {
  assert.deepEqual(rendered("\u0001\u0002 \u001b[31mred\n").slice(0, 2), [
    `k.conf:1:1: fatal: the file is not a configuration: it has no block, such as 'vrrp_instance NAME { … }'
  .. .[31mred
  ^^`,
    `k.conf:1:1: error: '..' is not a keyword here
  .. .[31mred
  ^^`,
  ]);
});

test("an empty file and a missing one are said to be so", () => {
  assert.deepEqual(rendered(""), [
    "k.conf:1:1: fatal: the file has no configuration, such as 'vrrp_instance NAME { … }'",
  ]);
  const { diagnostics } = readConfig({
    path: "/nowhere",
    readFile: fakeFiles({}),
    system: fakeSystem(),
  });
  assert.deepEqual(
    diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, undefined)),
    ["/nowhere: fatal: can't be read: No such file or directory"],
  );
});

test("the log has keepalived's words and its line numbers", () => {
  const text = GOOD.replace("interface", "nope 1\n    interface");
  const readFile = fakeFiles({ "k.conf": text });
  const { diagnostics } = readConfig({ path: "k.conf", readFile, system: fakeSystem() });
  const [diagnostic] = diagnostics as [Diagnostic];
  assert.equal(renderLogLine(diagnostic, false), "(Line 2) Unknown keyword 'nope'");
  assert.equal(renderLogLine(diagnostic, true), "(k.conf: Line 2) Unknown keyword 'nope'");
});
