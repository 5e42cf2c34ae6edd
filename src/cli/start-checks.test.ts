import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import {
  COMMAND,
  globalConfig,
  instanceConfig,
  wholeConfig,
} from "../../test/support/vrrp-config.ts";
import {
  CHECKED_CAPABILITIES,
  checkStart,
  type StartFacts,
  type StartNeeds,
  startFacts,
  startNeeds,
} from "./start-checks.ts";

const able: StartFacts = {
  nodeVersion: "20.19.0",
  platform: "linux",
  architecture: "x64",
  uid: 0,
  gid: 0,
  missing: [],
  sysctlsWritable: true,
};
const idle: StartNeeds = {
  vrrp: false,
  otherUsers: false,
  netNamespace: false,
  scheduling: false,
  memoryLock: false,
};
const everything: StartNeeds = {
  vrrp: true,
  otherUsers: true,
  netNamespace: true,
  scheduling: true,
  memoryLock: true,
};
test("nothing is found with all privileges, or without any needs", () => {
  assert.deepEqual(checkStart(able, everything), []);
  assert.deepEqual(
    checkStart({ ...able, missing: CHECKED_CAPABILITIES, sysctlsWritable: false }, idle),
    [],
  );
});

test("without its capabilities VRRP does not start, and the text explains how to grant them", () => {
  const [finding, ...more] = checkStart(
    { ...able, missing: ["CAP_NET_RAW"] },
    { ...idle, vrrp: true },
  );
  assert.deepEqual(more, []);
  assert(finding?.grade === "fatal");
  assert.equal(finding.exitCode, 4);
  assert.match(
    finding.text,
    /^Cannot send VRRP packets.*: CAP_NET_RAW is missing\..*--cap-add=NET_RAW\)$/,
  );
  const [both] = checkStart({ ...able, missing: CHECKED_CAPABILITIES }, { ...idle, vrrp: true });
  assert.match(both?.text ?? "", /CAP_NET_ADMIN and CAP_NET_RAW are missing/);
});

test("missing the capability to enter a namespace is fatal", () => {
  const facts = { ...able, missing: ["CAP_SYS_ADMIN"] as const };
  const findings = checkStart(facts, { ...idle, netNamespace: true });
  assert.deepEqual(
    findings.map(({ grade }) => grade),
    ["fatal"],
  );
});

test("other missing privileges are warnings, after the fatal findings", () => {
  const facts = { ...able, uid: 1000, missing: CHECKED_CAPABILITIES, sysctlsWritable: false };
  const grades = checkStart(facts, everything).map(({ grade }) => grade);
  assert.deepEqual(grades, [
    "fatal",
    "fatal",
    "warning",
    "warning",
    "warning",
    "warning",
    "warning",
  ]);
});

test("an old Node or an unsupported machine is refused", () => {
  for (const [version, count] of [
    ["20.18.9", 1],
    ["18.99.99", 1],
    ["20.19.0", 0],
    ["20.20.0", 0],
    ["24.0.0", 0],
    ["garbage", 1],
  ] as const) {
    assert.equal(checkStart({ ...able, nodeVersion: version }, idle).length, count, version);
  }
  for (const facts of [
    { ...able, platform: "darwin" },
    { ...able, architecture: "arm" },
  ]) {
    const [finding] = checkStart(facts, idle);
    assert(finding?.grade === "fatal");
    assert.equal(finding.exitCode, 1);
  }
});

test("the needs are derived from the configuration", () => {
  const given = { runsVrrp: true, netNamespace: undefined };
  const self = { uid: 0, gid: 0 };
  const plain = wholeConfig([instanceConfig({ notify: { master: COMMAND } })]);
  assert.deepEqual(startNeeds(plain, given, self), { ...idle, vrrp: true });
  assert.deepEqual(startNeeds(plain, { runsVrrp: false, netNamespace: "blue" }, self), {
    ...idle,
    netNamespace: true,
  });
  assert.equal(startNeeds(plain, given, { uid: 1000, gid: 1000 }).otherUsers, true);
  const vrrpProcess = { ...globalConfig().vrrpProcess, realtimePriority: 5, noSwap: true };
  const more = wholeConfig([instanceConfig({ notifyAny: { ...COMMAND, uid: 105 } })], {
    global: { vrrpProcess, netNamespace: "red" },
  });
  assert.deepEqual(startNeeds(more, given, self), everything);
});

test("the facts describe this process, such as root without capabilities", (context) => {
  const facts = startFacts();
  assert.equal(facts.nodeVersion, process.versions.node);
  assert.equal(facts.uid, process.geteuid?.());
  const code = `
    import { startFacts } from ${JSON.stringify(new URL("./start-checks.js", import.meta.url).href)};
    process.stdout.write(JSON.stringify(startFacts().missing));`;
  const node = [process.execPath, "--input-type=module", "-e", code];
  const result = spawnSync("setpriv", ["--bounding-set=-net_raw,-net_admin", ...node], {
    encoding: "utf8",
  });
  if (facts.missing.length > 0 || result.error !== undefined) {
    return context.skip("has no capabilities to drop");
  }
  assert.equal(result.stdout, '["CAP_NET_ADMIN","CAP_NET_RAW"]', result.stderr);
});
