// Dumps requested by signals: their location, their content, and that they do not follow links.

import assert from "node:assert/strict";
import { lstatSync, mkdirSync, symlinkSync } from "node:fs";
import { constants } from "node:os";
import { describe } from "node:test";
import type { Host } from "../../lab/host.ts";
import type { Program } from "../../lab/program.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  buildSingleNode,
  floatingAddress,
  foreground,
  jsonDump,
  jsonSignal,
  launcher,
  pairInterface,
  renderInstance,
  type StartDaemon,
  signalAndWait,
  startHoldfast,
  startKeepalived,
  statsClearSignal,
  waitForFile,
} from "./daemons.ts";

const { SIGUSR1, SIGUSR2 } = constants.signals;

const folder = "/run/dumps";

async function makeMaster(
  t: TimedTest,
  words: readonly string[] = [],
): Promise<{ host: Host; program: Program }> {
  const lines = ["authentication {", "auth_type PASS", "auth_pass 736w4ib2", "}"];
  const config = renderInstance({ priority: 150, lines });
  const { lab, host } = await buildSingleNode(t, "dumps", config);
  mkdirSync(host.path(folder));
  const program = host.spawn([process.execPath, launcher, ...foreground, ...words], {
    env: { TMPDIR: folder },
  });
  await lab.waitForHolders(floatingAddress, [host]);
  return { host, program };
}

/** Requests a dump and returns its text. */
async function dump(
  { host, program }: { host: Host; program: Program },
  signal: number,
  file: string,
): Promise<string> {
  await signalAndWait(program, signal, new RegExp(`Written to ${folder}/${file}$`));
  return host.read(`${folder}/${file}`);
}

const richConfig = `global_defs {
    smtp_alert
    script_user root
}
vrrp_script check {
    script "/etc/keepalived/check.sh now"
    interval 1
    weight 5
}
vrrp_instance VI_1 {
    state MASTER
    interface ${pairInterface}
    virtual_router_id 51
    priority 100
    advert_int 1
    garp_master_refresh 10
    virtual_ipaddress {
        10.77.0.100/24
        10.77.0.101/24 brd 10.77.0.255 dev eth0 label eth0:1
        10.77.0.102
    }
    virtual_ipaddress_excluded {
        10.77.0.103/24
    }
    track_script {
        check
    }
    track_interface {
        lo weight 3
    }
    notify_master "/etc/keepalived/check.sh master"
    notify /etc/keepalived/check.sh
}
vrrp_instance VI_2 {
    state BACKUP
    nopreempt
    preempt_delay 5
    interface ${pairInterface}
    virtual_router_id 52
    version 3
    advert_int 0.5
    unicast_src_ip 10.77.0.1
    unicast_peer {
        10.77.0.9
    }
    virtual_ipaddress {
        10.77.0.110/24
    }
}
`;

type Instances = readonly { data: Record<string, unknown>; stats: Record<string, unknown> }[];

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The JSON dump of a daemon with many settings, once it is MASTER. */
async function readInstances(t: TimedTest, start: StartDaemon, name: string): Promise<Instances> {
  const { lab, host } = await buildSingleNode(t, name, richConfig, {
    scripts: { "check.sh": "#!/bin/sh\n" },
  });
  const program = start(host);
  for (const address of ["10.77.0.103", "10.77.0.110"]) await lab.waitForHolders(address, [host]);
  await program.waitForLine(/\(VI_1\) Changing effective priority from \d+ to 108|succeeded/);
  assert.ok(program.signal(jsonSignal));
  // keepalived writes the file in pieces.
  return JSON.parse(await waitForFile(host, jsonDump, isJson));
}

describe("dumps", { concurrency: 4 }, () => {
  test("in JSON have the same content as keepalived's", async (t) => {
    const [ours, theirs] = await Promise.all([
      readInstances(t, startHoldfast, "json-ours"),
      readInstances(t, startKeepalived, "json-theirs"),
    ]);
    assert.equal(ours.length, 2);
    for (const [index, { data, stats }] of theirs.entries()) {
      const { last_transition, ...same } = data;
      assert.equal(typeof ours[index]?.data["last_transition"], typeof last_transition);
      const { last_transition: _, faults, ...rest } = ours[index]?.data ?? {};
      assert.deepEqual(faults, []);
      assert.deepEqual(rest, same);
      assert.deepEqual(Object.keys(ours[index]?.stats ?? {}), Object.keys(stats));
    }
  });

  test("show the configuration, the state and the counters in keepalived's format", async (t) => {
    const node = await makeMaster(t);
    const data = await dump(node, SIGUSR1, "keepalived.data");
    assert.match(data, /VRRP Instance = VI_1/);
    assert.match(data, /State = MASTER/);
    assert.match(data, /Effective priority = 150/);
    assert.match(data, /10\.77\.0\.100\/24 dev eth0/);
    assert.match(data, /------< Configuration >------/);
    const parentData = await waitForFile(node.host, `${folder}/keepalived_parent.data`);
    assert.match(parentData, /virtualRouterId = 51/);
    for (const text of [data, parentData]) assert.doesNotMatch(text, /736w4ib2/);

    const stats = await dump(node, SIGUSR2, "keepalived.stats");
    assert.match(
      stats,
      /^VRRP Instance: VI_1\n {2}Advertisements:\n {4}Received: 0\n {4}Sent: \d+\n/,
    );
    assert.match(stats, /\n {2}Became master: 1\n {2}Released master: 0\n/);
    assert.match(stats, /\n {2}Authentication Errors:\n {4}Invalid Type: 0\n/);

    const [instance] = JSON.parse(await dump(node, jsonSignal, "keepalived.json"));
    assert.equal(instance.data.iname, "VI_1");
    assert.equal(instance.data.state, 2);
    assert.deepEqual(instance.data.vips.length, 1);
    assert.ok(instance.stats.advert_sent >= 1);

    // The clearing dump still shows the old counters.
    assert.match(await dump(node, statsClearSignal, "keepalived.stats"), /Became master: 1\n/);
    assert.match(await dump(node, SIGUSR2, "keepalived.stats"), /Became master: 0\n/);
  });

  test("replace a link instead of writing through it", async (t) => {
    const node = await makeMaster(t);
    const files = [
      [SIGUSR1, "keepalived.data"],
      [SIGUSR1, "keepalived_parent.data"],
      [SIGUSR2, "keepalived.stats"],
      [jsonSignal, "keepalived.json"],
    ] as const;
    node.host.write("/etc/precious", "precious\n");
    for (const [, file] of files) symlinkSync("/etc/precious", node.host.path(`${folder}/${file}`));
    for (const [signal, file] of files) {
      await dump(node, signal, file);
      const status = lstatSync(node.host.path(`${folder}/${file}`));
      assert.ok(status.isFile(), file);
      assert.equal(status.mode & 0o777, 0o600, file);
    }
    assert.equal(node.host.read("/etc/precious"), "precious\n");
  });

  test("have the permissions given by the umask", async (t) => {
    const node = await makeMaster(t, ["-u", "022"]);
    await dump(node, SIGUSR2, "keepalived.stats");
    const status = lstatSync(node.host.path(`${folder}/keepalived.stats`));
    assert.equal(status.mode & 0o777, 0o644);
  });

  test("that cannot be written are only logged", async (t) => {
    const node = await makeMaster(t);
    node.host.remove(folder);
    for (const signal of [SIGUSR1, SIGUSR2, jsonSignal]) {
      await signalAndWait(node.program, signal, /Cannot write the dump: ENOENT/);
    }
    assert.equal((await node.program.stop()).code, 0);
  });
});
