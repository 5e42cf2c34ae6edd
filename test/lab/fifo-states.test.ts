// The states that a reload writes to the FIFO again, compared with keepalived's.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { until } from "../../lab/clock.ts";
import { configPath } from "../../lab/pair-a.ts";
import { type TimedTest, test } from "../support/timed-test.ts";
import {
  buildSingleNode,
  loggedBy,
  pairInterface,
  type StartDaemon,
  signalAndWait,
  startHoldfast,
  startKeepalived,
} from "./daemons.ts";

const fifo = "/run/states.fifo";
/** A weighted script succeeds while this file exists. */
const goodFile = "/run/good";
const globals = `global_defs {
    script_user root
    vrrp_notify_fifo ${fifo}
    fifo_write_vrrp_states_on_reload
}
vrrp_script weighted {
    script "/bin/test -e ${goodFile}"
    interval 1
    weight 20
}
vrrp_script fails {
    script /bin/false
    interval 1
}
vrrp_script waits {
    script "/bin/sleep 100"
    interval 200
}
`;

function instance(name: string, id: number, ...lines: readonly string[]): string {
  return `vrrp_instance ${name} {
    state BACKUP
    interface ${pairInterface}
    virtual_router_id ${id}
    version 3
    ${lines.some((line) => line.startsWith("advert_int")) ? "" : "advert_int 0.1"}
${lines.map((line) => `    ${line}\n`).join("")}    virtual_ipaddress {
        10.77.0.${100 + id}/24
    }
}
`;
}

function tracks(kind: "interface" | "script", name: string): string {
  return `track_${kind} {\n        ${name}\n    }`;
}

const weighted = instance("WEIGHTED", 1, tracks("script", "weighted"));
const failed = [3, tracks("script", "fails")] as const;
const waiting = instance("WAITING", 4, tracks("script", "waits"));
const before = [
  globals,
  weighted,
  instance("CONFIGURED", 2),
  instance("FAILED", ...failed),
  waiting,
  instance("REMOVED", 5),
  instance("FAILS", 7),
  instance("LISTENS", 8, "advert_int 100"),
].join("");
const after = [
  globals,
  weighted,
  instance("CONFIGURED", 2, "priority 120"),
  instance("FAILED", ...failed, "priority 90"),
  waiting,
  instance("NEW", 6),
  instance("FAILS", 7, tracks("interface", "eth77")),
  instance("LISTENS", 8, "advert_int 100", "priority 110"),
].join("");

/** Reloads; returns the lines written to the FIFO from then on until the new instance is MASTER. */
async function play(t: TimedTest, start: StartDaemon, name: string): Promise<string[]> {
  const { host } = await buildSingleNode(t, name, before);
  host.write(goodFile, "");
  await host.run(["mkfifo", "-m", "600", fifo]);
  await host.run(["ip", "link", "add", "eth77", "type", "veth", "peer", "name", "eth78"]);
  // Open for reading and writing, so that cat never sees an end of file.
  const reader = host.spawn(["sh", "-c", `exec cat <>${fifo}`]);
  const waitForStates = (...lines: readonly string[]): Promise<true> =>
    until(lines.join(), () => {
      const all = new Set(loggedBy(reader));
      return lines.every((line) => all.has(`INSTANCE ${line}`)) ? true : undefined;
    });
  const program = start(host);
  await waitForStates(
    '"WEIGHTED" MASTER 120',
    '"CONFIGURED" MASTER 100',
    '"REMOVED" MASTER 100',
    '"FAILS" MASTER 100',
    '"FAILED" FAULT 100',
    '"LISTENS" BACKUP 100',
  );
  await host.run(["rm", goodFile]);
  await program.waitForLine(/\(WEIGHTED\) Changing effective priority from 120 to 100/);
  const from = reader.lines.length;
  host.write(configPath, after);
  await signalAndWait(program, "SIGHUP", /Reload complete/);
  await waitForStates('"NEW" MASTER 100');
  const lines = loggedBy(reader, from);
  await program.stop();
  await reader.stop();
  return lines;
}

describe("states at a reload", { concurrency: 2 }, () => {
  test("are written to the FIFO again with the new priorities", async (t) => {
    const [ours, theirs] = await Promise.all([
      play(t, startHoldfast, "again-ours"),
      play(t, startKeepalived, "again-theirs"),
    ]);
    const keptMasters = ['INSTANCE "WEIGHTED" MASTER 100', 'INSTANCE "CONFIGURED" MASTER 120'];
    const others = [
      'INSTANCE "FAILED" FAULT 90',
      'INSTANCE "WAITING" FAULT 100',
      'INSTANCE "FAILS" FAULT 100',
      'INSTANCE "LISTENS" BACKUP 110',
      'INSTANCE "NEW" BACKUP 100',
      'INSTANCE "NEW" MASTER 100',
    ];
    assert.deepEqual(ours, ['INSTANCE "REMOVED" FAULT 100', ...keptMasters, ...others]);
    // Contrary to its manual, keepalived omits instances in MASTER state. It also repeats changes.
    assert.deepEqual(new Set(theirs), new Set(['INSTANCE "REMOVED" FAULT 100', ...others]));
  });
});
