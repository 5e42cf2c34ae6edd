import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAXIMUM_INSTANCES } from "../config/vrrp/types.ts";
import { INSTANCE_RECORDS } from "../processes/vrrp/records.ts";
import type { KeptRecord } from "../vrrp/event.ts";
import { RecordFile, recordFileOctets, type Section, wordField } from "./record.ts";

const RECORD: KeptRecord = {
  active: true,
  lastAdvertAt: 9_007_199_254_000,
  advertisementIntervalMicros: 1_000_000,
  effectivePriority: 254,
  notified: "MASTER",
};

const KINDS = [INSTANCE_RECORDS];
const OCTETS = recordFileOctets(KINDS);
/** Nine words: sequence, generation, six of the record, checksum. */
const COPY_OCTETS = 36;

interface EmptyFile {
  readonly memory: Uint8Array;
  readonly file: RecordFile;
  readonly records: Section<KeptRecord>;
}

function emptyFile(): EmptyFile {
  const memory = new Uint8Array(OCTETS);
  const file = new RecordFile(memory, KINDS);
  file.begin(1);
  return { memory, file, records: file.section(INSTANCE_RECORDS) };
}

test("the last record written is read back unchanged", () => {
  const { records } = emptyFile();
  assert.equal(records.read(0), undefined);
  for (let advert = 0; advert < 5; advert++) {
    records.write(0, { ...RECORD, lastAdvertAt: RECORD.lastAdvertAt + advert });
    assert.deepEqual(records.read(0), { ...RECORD, lastAdvertAt: RECORD.lastAdvertAt + advert });
  }
  for (const notified of ["BACKUP", "FAULT", undefined] as const) {
    records.write(0, { ...RECORD, active: false, notified });
    assert.deepEqual(records.read(0), { ...RECORD, active: false, notified });
  }
  assert.equal(records.read(1), undefined);
});

test("records of an earlier configuration are not read", () => {
  const { file, records } = emptyFile();
  assert.equal(file.generation, 1);
  records.write(0, RECORD);
  file.begin(2);
  assert.equal(file.generation, 2);
  assert.equal(records.read(0), undefined);
  assert.equal(new RecordFile(new Uint8Array(OCTETS), KINDS).generation, 0);
});

test("writing a record leaves its neighbours unchanged", () => {
  const { records } = emptyFile();
  for (let write = 0; write < 4; write++) {
    for (let index = 0; index < 3; index++) {
      records.write(index, { ...RECORD, effectivePriority: 10 * write + index });
    }
    const priorities = [0, 1, 2].map((index) => records.read(index)?.effectivePriority);
    assert.deepEqual(
      priorities,
      [0, 1, 2].map((index) => 10 * write + index),
    );
  }
});

test("after a torn write, either the previous record or the new one is read", () => {
  fc.assert(
    fc.property(fc.nat(7), fc.nat(COPY_OCTETS - 1), fc.nat(255), (writes, octet, value) => {
      const { memory, records } = emptyFile();
      for (let index = 0; index <= writes; index++) {
        records.write(3, { ...RECORD, effectivePriority: index });
      }
      // The copy that was written last is torn at one octet.
      memory[64 + 3 * 2 * COPY_OCTETS + (writes % 2 === 0 ? 0 : COPY_OCTETS) + octet] = value;
      const read = records.read(3);
      if (read === undefined) {
        assert.equal(writes, 0, "the older copy was whole");
        return;
      }
      assert.ok(read.effectivePriority === writes || read.effectivePriority === writes - 1);
      assert.equal(read.lastAdvertAt, RECORD.lastAdvertAt);
    }),
  );
});

test("the record file has room for the maximum number of instances", () => {
  const { records } = emptyFile();
  records.write(MAXIMUM_INSTANCES - 1, RECORD);
  assert.deepEqual(records.read(MAXIMUM_INSTANCES - 1), RECORD);
});

test("the heartbeat is stored in microseconds and leaves the records unchanged", () => {
  const { file, records } = emptyFile();
  records.write(0, RECORD);
  file.beat(123_456_789_012_345);
  assert.equal(file.heartbeatAt, 123_456_789_012_345);
  assert.equal(file.generation, 1);
  assert.deepEqual(records.read(0), RECORD);
});

test("sections do not overwrite each other, and records of another version are not read", () => {
  const other = { name: "others", version: 1, capacity: 3, fields: { count: wordField } } as const;
  const kinds = [other, INSTANCE_RECORDS];
  const memory = new Uint8Array(recordFileOctets(kinds));
  const file = new RecordFile(memory, kinds);
  file.begin(1);
  for (let round = 0; round < 3; round++) {
    for (let index = 0; index < 3; index++) {
      file.section(other).write(index, { count: 10 * round + index });
      file.section(INSTANCE_RECORDS).write(index, { ...RECORD, effectivePriority: round });
    }
  }
  for (let index = 0; index < 3; index++) {
    assert.deepEqual(file.section(other).read(index), { count: 20 + index });
    assert.equal(file.section(INSTANCE_RECORDS).read(index)?.effectivePriority, 2);
  }
  const newer = { ...other, version: 2 } as const;
  const later = new RecordFile(memory, [newer, INSTANCE_RECORDS]);
  assert.equal(later.section(newer).read(0), undefined);
  assert.deepEqual(later.section(INSTANCE_RECORDS).read(1), { ...RECORD, effectivePriority: 2 });
});
