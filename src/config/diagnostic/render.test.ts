// The rendering of common mistakes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeFiles, fakeSystem } from "../../../test/config/fake-system.ts";
import { readConfig } from "../read-config.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { diagnosticRenderer } from "./render.ts";

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
  const render = diagnosticRenderer(sources);
  return diagnostics.map((diagnostic) => render(diagnostic).text);
}

test("a misspelt keyword is shown with a suggestion", () => {
  assert.deepEqual(rendered(GOOD.replace("interface", "\tintreface eth0\n    interface")), [
    `k.conf:2:6: error: vrrp_instance VI_1: 'intreface' is not a keyword here
      \tintreface eth0
      \t^^^^^^^^^
  did you mean 'interface'?`,
  ]);
});

test("a keyword in the wrong block is shown with the right block", () => {
  assert.deepEqual(rendered(`virtual_router_id 51\n${GOOD}`), [
    `k.conf:1:1: error: 'virtual_router_id' is not a keyword here; it belongs in vrrp_instance
  virtual_router_id 51
  ^^^^^^^^^^^^^^^^^`,
  ]);
});

test("a missing brace is shown at the unclosed block", () => {
  assert.deepEqual(rendered(GOOD.replace("    }\n", "")), [
    `k.conf:4:5: fatal: this block is not closed: a '}' is missing
      virtual_ipaddress {
      ^^^^^^^^^^^^^^^^^`,
  ]);
});

test("a missing interface is shown with a suggestion", () => {
  assert.deepEqual(rendered(GOOD.replace("eth0", "eht0")), [
    `k.conf:2:15: fatal: vrrp_instance VI_1: there is no interface 'eht0'
      interface eht0
                ^^^^
  did you mean 'eth0'?`,
  ]);
});

test("a duplicate VRID is shown with the other instance", () => {
  assert.deepEqual(rendered(GOOD + GOOD.replace("VI_1", "VI_2").replace(".120", ".121")), [
    `k.conf:10:23: fatal: vrrp_instance VI_2: instance 'VI_1' already uses VRID 51 on 'eth0'
      virtual_router_id 51
                        ^^`,
  ]);
});

test("a file of garbage is reported as not a configuration", () => {
  assert.deepEqual(rendered("\u0001\u0002 \u001b[31mred\n").slice(0, 2), [
    `k.conf:1:1: fatal: the file is not a configuration: it needs a block such as 'vrrp_instance NAME { … }'
  .. .[31mred
  ^^`,
    `k.conf:1:1: error: '..' is not a keyword here
  .. .[31mred
  ^^`,
  ]);
});

test("an empty file and a missing one are reported", () => {
  assert.deepEqual(rendered(""), [
    "k.conf:1:1: fatal: the file has no statements: it needs a block such as 'vrrp_instance NAME { … }'",
  ]);
  const { diagnostics } = readConfig({
    path: "/nowhere",
    readFile: fakeFiles({}),
    system: fakeSystem(),
  });
  assert.deepEqual(
    diagnostics.map((diagnostic) => diagnosticRenderer(new Map())(diagnostic).text),
    ["/nowhere: fatal: cannot be read: No such file or directory"],
  );
});

test("the log has keepalived's text and line numbers", () => {
  const text = GOOD.replace("interface", "nope 1\n    interface");
  const readFile = fakeFiles({ "k.conf": text });
  const { diagnostics, sources } = readConfig({ path: "k.conf", readFile, system: fakeSystem() });
  const [diagnostic] = diagnostics as [Diagnostic];
  const { log } = diagnosticRenderer(sources)(diagnostic);
  assert.equal(log, "(k.conf: Line 2) Unknown keyword 'nope'");
});

test("of a long line only the part around the error is shown", () => {
  const [early = ""] = rendered(GOOD.replace("eth0", `eth0 ${"x ".repeat(450)}`));
  assert.deepEqual(early.split("\n").slice(1), [
    `      interface eth0 ${"x ".repeat(71).slice(0, 141)}…`,
    "                     ^",
  ]);
  const [text = ""] = rendered(GOOD.replace("interface", `${" ".repeat(300)}intreface`));
  assert.equal(text.split("\n")[1], `  …${" ".repeat(146)}intreface eth0`);
  assert.equal(text.split("\n")[2], `  ${" ".repeat(147)}^^^^^^^^^`);
  const [huge = ""] = rendered(`${GOOD}${"y".repeat(5_000_000)}`);
  assert.ok(huge.length < 1_000, `${huge.length} characters`);
});

test("passwords are never shown, however their line is written", () => {
  const lines = [
    'auth_pass "s3cret',
    "auth_pas s3cret",
    "aut_pas s3cret",
    "auth_passs3cret",
    "password s3cret",
    "auth_pass x s3cret more",
    "auth_password=s3cret",
    "} auth_pass s3cret {",
  ];
  for (const line of lines) {
    const body = `authentication {\nauth_type PASS\n${line}\n}`;
    const text = GOOD.replace("    virtual_ip", `${body}\n    virtual_ip`);
    const readFile = fakeFiles({ "k.conf": text });
    const { diagnostics, sources } = readConfig({ path: "k.conf", readFile, system: fakeSystem() });
    assert.notEqual(diagnostics.length, 0, line);
    const shown = JSON.stringify(diagnostics.map(diagnosticRenderer(sources)));
    assert.ok(!shown.includes("s3cret"), shown);
  }
  const [text = ""] = rendered(`${GOOD}auth_pas s3cret\n`);
  assert.equal(text.split("\n")[1], "  auth_pas ******");
});
