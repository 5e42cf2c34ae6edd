import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAXIMUM_INSTANCES } from "../config/config.ts";
import type { KeptRecord } from "../vrrp/event.ts";
import { RECORD_FILE_OCTETS, RecordFile } from "./record.ts";

const RECORD: KeptRecord = {
  active: true,
  lastAdvertAt: 9_007_199_254_000,
  advertisementIntervalMicros: 1_000_000,
  effectivePriority: 254,
  told: "MASTER",
};

function emptyFile(): { memory: Uint8Array; file: RecordFile } {
  const memory = new Uint8Array(RECORD_FILE_OCTETS);
  const file = new RecordFile(memory);
  file.begin(1);
  return { memory, file };
}

test("a record reads back as it was written, the last one counts", () => {
  const { file } = emptyFile();
  assert.equal(file.read(0), undefined);
  for (let advert = 0; advert < 5; advert++) {
    file.write(0, { ...RECORD, lastAdvertAt: RECORD.lastAdvertAt + advert });
    assert.deepEqual(file.read(0), { ...RECORD, lastAdvertAt: RECORD.lastAdvertAt + advert });
  }
  for (const told of ["BACKUP", "FAULT", undefined] as const) {
    file.write(0, { ...RECORD, active: false, told });
    assert.deepEqual(file.read(0), { ...RECORD, active: false, told });
  }
  assert.equal(file.read(1), undefined);
});

test("records of an earlier configuration do not count", () => {
  const { file } = emptyFile();
  assert.equal(file.generation, 1);
  file.write(0, RECORD);
  file.begin(2);
  assert.equal(file.generation, 2);
  assert.equal(file.read(0), undefined);
  assert.equal(new RecordFile(new Uint8Array(RECORD_FILE_OCTETS)).generation, 0);
});

test("neighbours do not touch each other's records", () => {
  const { file } = emptyFile();
  for (let write = 0; write < 4; write++) {
    for (let index = 0; index < 3; index++) {
      file.write(index, { ...RECORD, effectivePriority: 10 * write + index });
    }
    const priorities = [0, 1, 2].map((index) => file.read(index)?.effectivePriority);
    assert.deepEqual(
      priorities,
      [0, 1, 2].map((index) => 10 * write + index),
    );
  }
});

test("whatever one torn write leaves, the record before it or the new one is read", () => {
  fc.assert(
    fc.property(fc.nat(7), fc.nat(31), fc.nat(255), (writes, octet, value) => {
      const { memory, file } = emptyFile();
      for (let index = 0; index <= writes; index++) {
        file.write(3, { ...RECORD, effectivePriority: index });
      }
      // The copy that was written last is torn at one octet.
      memory[64 + 3 * 64 + (writes % 2 === 0 ? 0 : 32) + octet] = value;
      const read = file.read(3);
      if (read === undefined) {
        assert.equal(writes, 0, "the older copy was whole");
        return;
      }
      assert.ok(read.effectivePriority === writes || read.effectivePriority === writes - 1);
      assert.equal(read.lastAdvertAt, RECORD.lastAdvertAt);
    }),
  );
});

test("there is room for as many instances as a configuration may have", () => {
  const { file } = emptyFile();
  file.write(MAXIMUM_INSTANCES - 1, RECORD);
  assert.deepEqual(file.read(MAXIMUM_INSTANCES - 1), RECORD);
});

test("the heartbeat keeps microseconds, and touches nothing else", () => {
  const { file } = emptyFile();
  file.write(0, RECORD);
  file.beat(123_456_789_012_345);
  assert.equal(file.heartbeatAt, 123_456_789_012_345);
  assert.equal(file.generation, 1);
  assert.deepEqual(file.read(0), RECORD);
});
