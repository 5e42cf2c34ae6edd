import assert from "node:assert/strict";
import { test } from "node:test";
import { readProcess } from "../lab/processes.ts";
import { processorMicros } from "../test/support/processor-time.ts";
import { Elections } from "./elections.ts";
import { makeRouters, renderConfig } from "./sides.ts";
import { least, median, worst } from "./statistics.ts";
import { cpuShare, cpuTimeOf, privateDirtyMebibytes } from "./usage.ts";

test("median, least and worst of numbers, undefined for none", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(median([]), undefined);
  assert.equal(least([3, 8, 1]), 1);
  assert.equal(worst([3, 8, 1]), 8);
  assert.equal(worst([]), undefined);
});

test("virtual routers are spread over interfaces and have distinct addresses", () => {
  const routers = makeRouters(501, 2);
  assert.deepEqual(routers[500], {
    name: "VI_501",
    interface: "eth2",
    virtualRouterId: 1,
    addresses: ["10.102.1.1", "10.102.2.1"],
  });
  assert.equal(new Set(routers.flatMap(({ addresses }) => addresses)).size, 1002);
  assert.ok(routers.every(({ virtualRouterId: id }) => id >= 1 && id <= 255));
});

test("every virtual router is configured as BACKUP, with the given interval", () => {
  const text = renderConfig({
    name: "high",
    priority: 200,
    advertSeconds: 0.01,
    routers: makeRouters(3),
  });
  assert.equal(text.match(/state BACKUP/g)?.length, 3);
  assert.equal(text.match(/advert_int 0\.01/g)?.length, 3);
});

test("states and their changes are read from log lines", () => {
  const elections = new Elections();
  const log = (at: number, text: string): void => elections.take({ at, stream: "stderr", text });
  log(1, "Mon Jan  1 00:00:00 2024: (VI_1) Entering BACKUP STATE (init)");
  log(2, "Mon Jan  1 00:00:00 2024: (VI_2) Entering BACKUP STATE (init)");
  log(3, "Mon Jan  1 00:00:03 2024: (VI_1) Entering MASTER STATE");
  log(4, "Mon Jan  1 00:00:03 2024: (VI_1) something else");
  assert.equal(elections.count("MASTER"), 1);
  assert.equal(elections.stateOf("VI_2"), "BACKUP");
  assert.equal(elections.disturbances, 1);
  assert.equal(elections.changedAt, 3);
  log(5, "Mon Jan  1 00:00:04 2024: (VI_2) Entering FAULT STATE");
  assert.equal(elections.disturbances, 2);
});

test("written memory counts as private dirty memory", () => {
  const self = readProcess(process.pid);
  assert.ok(self !== undefined);
  const before = privateDirtyMebibytes([self]);
  const written = Buffer.alloc(128 << 20, 1);
  // Half of it: the garbage collector may release some memory meanwhile.
  const grown = privateDirtyMebibytes([self]) - before;
  assert.ok(grown > 64, `of ${written.length >> 20} MiB that were written ${grown} are seen`);
});

test("processor time that was used is measured, and is zero for a missing process", () => {
  const self = readProcess(process.pid);
  assert.ok(self !== undefined);
  const before = cpuTimeOf([self]);
  const start = processorMicros();
  while (processorMicros() - start < 200_000);
  const share = cpuShare(before, cpuTimeOf([self]), 200);
  assert.ok(share.both > 0.2, `${share.both}`);
  assert.deepEqual(cpuTimeOf([{ ...self, pid: 2 ** 30 }]), { userMillis: 0, systemMillis: 0 });
});
