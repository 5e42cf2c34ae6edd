// The two configurations that people start from: they must read without an error, and mean what they say.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ReadConfigResult, readConfig } from "../../src/config/read-config.ts";
import { fakeFiles, fakeSystem } from "./fake-system.ts";

const PAIR_A = `
global_defs {
    notification_email {
        root@localhost
    }
    notification_email_from keepalived@localhost
    smtp_server 127.0.0.1
    smtp_connect_timeout 30
    router_id keepalivedR1
    vrrp_mcast_group4 224.0.0.33
}
vrrp_script chk_down {
    script "/etc/keepalived/chk_down.sh"
    interval 1
    weight -15
    fall 2
    rise 1
    user keepalived_script
}
vrrp_instance VI_1 {
    state MASTER
    interface ens39
    virtual_router_id 3
    priority 99
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 736w4ib2
    }
    virtual_ipaddress {
        192.168.7.120/24 dev ens39
    }
    track_script {
        chk_down
    }
    notify_master "/etc/keepalived/notify.sh master"
    notify_backup "/etc/keepalived/notify.sh backup"
    notify_fault "/etc/keepalived/notify.sh fault"
}
`;

const PAIR_B = `
! Configuration File for keepalived

vrrp_script chk_nginx {
    script "/etc/keepalived/nginx_check.sh"
    interval 2
    #weight -30
}

vrrp_instance VI_1 {
    state MASTER
    interface enp0s3
    priority 100
    advert_int 1
    virtual_router_id 99
    notify_master "/etc/keepalived/mail_send.sh master"
    notify_backup "/etc/keepalived/mail_send.sh backup"
    notify_fault "/etc/keepalived/mail_send.sh fault"
    authentication {
        auth_type PASS
        auth_pass 221531
    }

    track_script {
        chk_nginx
    }

    virtual_ipaddress {
        192.168.0.99
    }
}
`;

function read(text: string, users: readonly string[]): ReadConfigResult {
  const system = fakeSystem({ interfaces: { ens39: {}, enp0s3: {} }, users });
  return readConfig({
    path: "/etc/keepalived/keepalived.conf",
    readFile: fakeFiles({ "/etc/keepalived/keepalived.conf": text }),
    system,
  });
}

test("pair A reads with nothing above a warning", () => {
  const { config, diagnostics } = read(PAIR_A, ["keepalived_script"]);
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ["script-security-off"],
  );
  const instance = config?.instances[0];
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
  assert.deepEqual(config?.scripts[0]?.fall, 2);
});

test("pair A without its user: the script is left out, as keepalived does", () => {
  const { config, diagnostics } = read(PAIR_A, []);
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ["unknown-user", "unknown-script", "default-user-missing", "script-security-off"],
  );
  assert.deepEqual(config?.instances[0]?.trackScripts, []);
  assert.deepEqual(config?.scripts, []);
});

test("pair B reads with nothing above a warning", () => {
  const { config, diagnostics } = read(PAIR_B, ["keepalived_script"]);
  assert.deepEqual(
    diagnostics.map(({ code }) => code),
    ["script-security-off"],
  );
  assert.deepEqual(config?.instances[0]?.trackScripts, [
    { name: "chk_nginx", weight: 0, reverse: false },
  ]);
  assert.equal(config?.scripts[0]?.intervalMicros, 2_000_000);
  assert.equal(config?.instances[0]?.addresses[0]?.prefixLength, 32);
});

test("a user and a group may follow a command", () => {
  const text = PAIR_B.replace(
    'notify_master "/etc/keepalived/mail_send.sh master"',
    "notify_master /etc/keepalived/mail_send_master.sh root root",
  );
  const master = read(text, ["keepalived_script"]).config?.instances[0]?.notify.master;
  assert.deepEqual(master?.argv, ["/etc/keepalived/mail_send_master.sh"]);
  assert.deepEqual([master?.uid, master?.gid], [0, 0]);
});
