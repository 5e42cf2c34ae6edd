import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
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
  file.write(0, RECORD);
  file.begin(2);
  assert.equal(file.read(0), undefined);
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

test("the heartbeat keeps microseconds", () => {
  const { file } = emptyFile();
  file.beat(123_456_789_012_345);
  assert.equal(file.heartbeatAt, 123_456_789_012_345);
});
