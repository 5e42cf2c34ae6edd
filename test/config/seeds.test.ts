// Common configurations from guides are read without an error and with the right meaning.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { renderPairA, renderPairB } from "../../lab/pair-configs.ts";
import { type ReadConfigResult, readConfig } from "../../src/config/read-config.ts";
import { repositoryRoot } from "../support/repository.ts";
import { fakeFiles, fakeSystem, foundScript } from "./fake-system.ts";

const PAIR_A = renderPairA({ routerId: "keepalivedR1", state: "MASTER", priority: 99 });
const PAIR_B = renderPairB({ state: "MASTER", priority: 100 });

const SYSTEMCTL = foundScript("/usr/bin/systemctl", { privileged: true });

function read(text: string, users: readonly string[]): ReadConfigResult {
  const system = fakeSystem({
    interfaces: { ens39: {}, enp0s3: {}, eth0: {} },
    users,
    scripts: { [SYSTEMCTL.path]: SYSTEMCTL },
  });
  return readConfig({
    path: "/etc/keepalived/keepalived.conf",
    readFile: fakeFiles({ "/etc/keepalived/keepalived.conf": text }),
    system,
  });
}

test("reads pair A with warnings only", () => {
  const { config, diagnostics } = read(PAIR_A, ["keepalived_script"]);
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ["script-security-off"],
  );
  const instance = config?.vrrp.instances[0];
  assert.equal(config?.global.routerId, "keepalivedR1");
  assert.equal(instance?.mcastGroup, "224.0.0.33");
  assert.equal(instance?.authPass, "3733367734696232");
  assert.equal(instance?.priority, 99);
  assert.deepEqual(instance?.trackScripts, [{ name: "chk_down", weight: -15, reverse: false }]);
  assert.deepEqual(instance?.addresses, [
    {
      address: "192.168.7.120",
      prefixLength: 24,
      interface: "ens39",
      scope: 0,
      label: undefined,
      broadcast: undefined,
      noTrack: false,
    },
  ]);
  assert.deepEqual(instance?.notify.master?.argv, ["/etc/keepalived/notify.sh", "master"]);
  assert.deepEqual(config?.vrrp.scripts[0]?.fall, 2);
});

test("skips pair A's script if its user is missing, as keepalived does", () => {
  const { config, diagnostics } = read(PAIR_A, []);
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ["unknown-user", "unknown-script", "default-user-missing", "script-security-off"],
  );
  assert.deepEqual(config?.vrrp.instances[0]?.trackScripts, []);
  assert.deepEqual(config?.vrrp.scripts, []);
});

test("reads pair B with warnings only", () => {
  const { config, diagnostics } = read(PAIR_B, ["keepalived_script"]);
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ["script-security-off"],
  );
  assert.deepEqual(config?.vrrp.instances[0]?.trackScripts, [
    { name: "chk_nginx", weight: 0, reverse: false },
  ]);
  assert.equal(config?.vrrp.scripts[0]?.intervalMicros, 2_000_000);
  assert.equal(config?.vrrp.instances[0]?.addresses[0]?.prefixLength, 32);
});

test("a user and a group may follow a command", () => {
  const text = PAIR_B.replace(
    'notify_master "/etc/keepalived/mail_send.sh master"',
    "notify_master /etc/keepalived/mail_send_master.sh root root",
  );
  const master = read(text, ["keepalived_script"]).config?.vrrp.instances[0]?.notify.master;
  assert.deepEqual(master?.argv, ["/etc/keepalived/mail_send_master.sh"]);
  assert.deepEqual([master?.uid, master?.gid], [0, 0]);
});

test("reads the first configuration of the README without diagnostics", () => {
  const readme = readFileSync(join(repositoryRoot(), "README.md"), "utf8");
  const begin = readme.indexOf("    global_defs {");
  const text = readme.slice(begin, readme.indexOf("\n\nOn the second", begin));
  const { config, diagnostics } = read(text, []);
  assert.deepEqual(diagnostics, []);
  const [instance] = config?.vrrp.instances ?? [];
  assert.equal(instance?.addresses[0]?.address, "192.0.2.10");
  assert.deepEqual(instance?.trackScripts, [{ name: "chk_nginx", weight: -30, reverse: false }]);
});
