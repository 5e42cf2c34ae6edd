// Attack: the record file of a dead vrrp process is overwritten before its successor reads it.

import { closeSync, openSync, readdirSync, readlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { until, wallMillis } from "../../../lab/clock.ts";
import { send } from "../../../lab/processes.ts";
import { between, type Prng } from "../../../src/lib/prng.ts";
import { RECORD_FILE_NAME, recordFileOctets } from "../../../src/process/record.ts";
import { INSTANCE_RECORDS } from "../../../src/processes/vrrp/records.ts";
import { INSTANCES, isFenced, type SoakNode } from "../node.ts";
import type { Stage } from "../stage.ts";
import type { Attack } from "./attack.ts";

type Filling = readonly [name: string, octet: (random: Prng) => number];

const FILLINGS: readonly Filling[] = [
  ["random octets", (random) => between(random, 0, 255)],
  ["zeros", () => 0],
  ["ones", () => 0xff],
];

export const overwrittenRecord: Attack = {
  name: "overwritten-record",
  does: "overwrites the record file of a killed vrrp process with garbage",
  holds: "the next process starts as BACKUP instead of resuming; no address is held by both",
  run: async ({ stage, random, share }) => {
    const fillings = FILLINGS.slice(0, Math.ceil(FILLINGS.length * share));
    for (const filling of fillings) {
      await overwrite(stage, stage.nodes[0], filling, random);
      await stage.waitForProcesses();
      await stage.settle();
    }
    return `with ${fillings.map(([name]) => name).join(", ")}: started as BACKUP each time`;
  },
};

async function overwrite(
  stage: Stage,
  node: SoakNode,
  [name, octet]: Filling,
  random: Prng,
): Promise<void> {
  const { program } = node;
  const parent = program.pid ?? 0;
  const child = node.childPid();
  const garbage = Uint8Array.from({ length: recordFileOctets([INSTANCE_RECORDS]) }, () =>
    octet(random),
  );
  const record = openRecord(parent);
  const from = program.lines.length;
  stage.enter("never");
  // Otherwise the parent would start the next process before the record is overwritten.
  send(parent, "SIGSTOP");
  node.childDiedAt = wallMillis();
  send(child, "SIGKILL");
  await until("the exit of the vrrp process", () =>
    program.processes().some(({ pid }) => pid === child) ? undefined : true,
  );
  writeSync(record, garbage, 0, garbage.length, 0);
  closeSync(record);
  send(parent, "SIGCONT");
  for (const instance of INSTANCES.filter(isFenced)) {
    const either = new RegExp(`\\(${instance.name}\\) (?:still MASTER|Entering \\w+ STATE)`);
    const { text } = await program.waitForLine(either, undefined, from);
    if (text.includes("still MASTER")) throw new Error(`${name}: ${instance.name} was resumed`);
  }
  stage.enter("handOver");
}

/** Opens the record file through the parent that holds it. */
function openRecord(parent: number): number {
  const folder = `/proc/${parent}/fd`;
  for (const fd of readdirSync(folder)) {
    const path = join(folder, fd);
    if (readlinkSync(path).startsWith(`/memfd:${RECORD_FILE_NAME} `)) return openSync(path, "r+");
  }
  throw new Error("the parent has no record file");
}
