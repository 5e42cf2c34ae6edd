import assert from "node:assert/strict";
import { test } from "node:test";
import { instanceConfig } from "../../../test/support/vrrp-config.ts";
import { RecordFile, recordFileOctets } from "../../process/record.ts";
import type { Notify } from "../../vrrp/action.ts";
import { INSTANCE_RECORDS, InstanceRecords } from "./records.ts";

const A = instanceConfig({ name: "A", virtualRouterId: 1 });
const B = instanceConfig({ name: "B", virtualRouterId: 2 });

const ACTIVE = {
  active: true,
  lastAdvertAt: 7,
  advertisementIntervalMicros: 1_000_000,
  effectivePriority: 100,
};

function notification(instance: string, event: Notify["event"]): Notify {
  return { kind: "notify", instance, event, state: "", priority: 90 };
}

function newFile(): RecordFile {
  const kinds = [INSTANCE_RECORDS];
  const file = new RecordFile(new Uint8Array(recordFileOctets(kinds)), kinds);
  file.begin(1);
  return file;
}

test("a resumed process reads each instance's last record and last notified state", () => {
  const file = newFile();
  const records = new InstanceRecords(file, [A, B]);
  records.noteNotified([notification("A", "backup"), notification("B", "backup")], 5);
  records.write("A", ACTIVE);
  assert.ok(records.isActive("A"));
  assert.ok(!records.isActive("B"));
  records.noteNotified([notification("A", "master"), notification("B", "masterRxLowerPri")], 9);

  const resumed = new InstanceRecords(file, [A, B]);
  const found = resumed.resume();
  assert.deepEqual(found.get("A"), { ...ACTIVE, notified: "MASTER" });
  const b = found.get("B");
  assert.deepEqual([b?.active, b?.lastAdvertAt, b?.effectivePriority], [false, 5, 90]);
  assert.equal(b?.notified, "BACKUP");
  assert.ok(resumed.isActive("A"));
});

test("a stopped instance leaves no notified state to a resumed process", () => {
  const file = newFile();
  const records = new InstanceRecords(file, [A]);
  records.write("A", ACTIVE);
  records.noteNotified([notification("A", "master")], 8);
  records.noteNotified([notification("A", "stop")], 9);
  assert.equal(file.section(INSTANCE_RECORDS).read(0)?.notified, undefined);
});

test("a reload moves the records of remaining instances to their new slots", () => {
  const file = newFile();
  const records = new InstanceRecords(file, [A, B]);
  records.write("A", ACTIVE);
  records.write("B", { ...ACTIVE, effectivePriority: 50 });
  const c = instanceConfig({ name: "C", virtualRouterId: 3 });
  records.reload([A, B], [c, B], 2);
  assert.equal(file.generation, 2);
  assert.equal(file.section(INSTANCE_RECORDS).read(0), undefined);
  assert.equal(file.section(INSTANCE_RECORDS).read(1)?.effectivePriority, 50);
  // The last record of a removed instance is ignored: it has no slot.
  records.write("A", { ...ACTIVE, active: false });
  records.noteNotified([notification("A", "deleted")], 9);
  assert.equal(file.section(INSTANCE_RECORDS).read(0), undefined);
  assert.ok(!records.isActive("A"));
});

test("a virtual router that reuses the name of another one starts without a record", () => {
  const file = newFile();
  const records = new InstanceRecords(file, [A]);
  records.write("A", ACTIVE);
  const other = instanceConfig({ name: "A", virtualRouterId: 9 });
  records.reload([A], [other], 2);
  assert.equal(file.section(INSTANCE_RECORDS).read(0), undefined);
  assert.ok(!records.isActive("A"));
});
