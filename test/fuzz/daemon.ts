// Fuzz target for the record file, through which the daemon's processes pass on their state.

import assert from "node:assert/strict";
import { RecordFile, recordFileOctets } from "../../src/process/record.ts";
import { INSTANCE_RECORDS } from "../../src/processes/vrrp/records.ts";
import type { KeptRecord } from "../../src/vrrp/event.ts";
import type { FuzzTarget } from "./fuzz.ts";

const KINDS = [INSTANCE_RECORDS];
const GENERATION = 7;
/** The number of slots that the longest random input covers. */
const SLOTS = 8;
/** No less than those of one slot. */
const SLOT_OCTETS = 72;

const record: KeptRecord = {
  active: true,
  effectivePriority: 110,
  advertisementIntervalMicros: 1_000_000,
  lastAdvertAt: 123_456_789_012,
  notified: "MASTER",
};

export const DAEMON_TARGETS: readonly FuzzTarget[] = [
  {
    name: "record file",
    seeds: [new Uint8Array(SLOTS * SLOT_OCTETS), writtenRecords()],
    check: checkRecords,
  },
];

/** The start of a record file with one active instance, written twice. */
function writtenRecords(): Uint8Array {
  const written = new Uint8Array(recordFileOctets(KINDS));
  const file = new RecordFile(written, KINDS);
  file.begin(GENERATION);
  file.beat(1_000_000);
  file.section(INSTANCE_RECORDS).write(0, record);
  file
    .section(INSTANCE_RECORDS)
    .write(0, { ...record, lastAdvertAt: record.lastAdvertAt + 1_000_000 });
  return written.slice(0, SLOTS * SLOT_OCTETS);
}

/** Reused for each input, because it is large. */
const memory = new Uint8Array(recordFileOctets(KINDS));

/** Each slot reads as a valid record or as undefined, and a new record can be written and read back. */
function checkRecords(bytes: Uint8Array): void {
  memory.fill(0, 0, (SLOTS + 1) * SLOT_OCTETS);
  memory.set(bytes.subarray(0, SLOTS * SLOT_OCTETS));
  const file = new RecordFile(memory, KINDS);
  const records = file.section(INSTANCE_RECORDS);
  assert.ok(file.generation >= 0);
  for (let index = 0; index < SLOTS; index++) {
    const kept = records.read(index);
    if (kept === undefined) continue;
    assert.ok(Number.isSafeInteger(kept.effectivePriority) && kept.effectivePriority >= 0);
    assert.ok(kept.lastAdvertAt >= 0 && kept.advertisementIntervalMicros >= 0);
    assert.ok([undefined, "MASTER", "BACKUP", "FAULT"].includes(kept.notified));
  }
  file.begin(GENERATION);
  for (let index = 0; index < SLOTS; index++) {
    records.write(index, record);
    assert.deepEqual(records.read(index), record);
  }
}
